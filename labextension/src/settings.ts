import { type ISettingRegistry } from '@jupyterlab/settingregistry';
import { type ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';

/** What the list tells of an experiment below its name. */
export interface IColumns {
  framework: boolean;
  duration: boolean;
  tags: boolean;
  age: boolean;
}

/** The reader's settings; the schema describes them. */
export interface ISettings {
  upstream: string;
  notifications: boolean;
  columns: IColumns;
  resources: string;
  follow: boolean;
  saveOnFirstView: boolean;
}

const DEFAULTS: ISettings = {
  upstream: '',
  notifications: true,
  columns: { framework: true, duration: true, tags: true, age: true },
  resources: 'cpu=1,memory=1G',
  follow: true,
  saveOnFirstView: true
};

/** The settings as they are now; the defaults where there is no registry. */
export class SubmarineSettings {
  /** Emitted when a setting changed, and when they were read first. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get values(): ISettings {
    return this._values;
  }

  /** Follow what a registry holds. */
  follow(settings: ISettingRegistry.ISettings): void {
    settings.changed.connect(this._read, this);
    this._read(settings);
  }

  private _read(settings: ISettingRegistry.ISettings): void {
    this._values = withDefaults(settings.composite);
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _values = DEFAULTS;
}

function withDefaults(composite: ReadonlyPartialJSONObject): ISettings {
  const { columns, ...rest } = composite as Partial<ISettings>;
  return { ...DEFAULTS, ...rest, columns: { ...DEFAULTS.columns, ...columns } };
}
