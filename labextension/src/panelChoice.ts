import { type IStateDB } from '@jupyterlab/statedb';
import { type ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import { type Group, GROUPS, type IChoice, ORDERS } from './order';

const KEY = 'submarine-jupyter:panel';

/** Everything, newest first. */
const EVERYTHING: IChoice = { words: '', groups: new Set(), order: 'newest' };

/** What the list shows and in which order; it survives a reload where there is a database. */
export class PanelChoice {
  constructor(private readonly _state: IStateDB | null) {
    void this._restore();
  }

  /** Emitted when another choice was made, or that of the last visit was read. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get value(): IChoice {
    return this._value ?? EVERYTHING;
  }

  /** Choose anew; what is not named stays. */
  update(choice: Partial<IChoice>): void {
    this._value = { ...this.value, ...choice };
    this._changed.emit();
    const { words, groups, order } = this._value;
    this._state?.save(KEY, { words, groups: [...groups], order }).catch(warn);
  }

  private async _restore(): Promise<void> {
    const kept = await this._state?.fetch(KEY).catch(warn);
    // What was chosen meanwhile is newer.
    if (kept && !this._value) {
      this._value = parse(kept);
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _value: IChoice | null = null;
}

/** What another version may have kept otherwise is as if it had not been chosen. */
function parse(kept: ReadonlyPartialJSONValue): IChoice {
  const { words, groups, order } = kept as { [name in keyof IChoice]?: unknown };
  const wanted: readonly unknown[] = Array.isArray(groups) ? groups : [];
  return {
    words: typeof words === 'string' ? words : EVERYTHING.words,
    groups: new Set<Group>(GROUPS.filter(group => wanted.includes(group))),
    order: ORDERS.find(known => known === order) ?? EVERYTHING.order
  };
}

function warn(error: unknown): undefined {
  console.warn('What the list of experiments shows could not be kept.', error);
}
