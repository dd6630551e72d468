import { MainAreaWidget } from '@jupyterlab/apputils';
import { type IEditorServices } from '@jupyterlab/codeeditor';
import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { type ISignal, Signal } from '@lumino/signaling';
import React from 'react';
import { type ISpecForm } from './api';
import {
  cloneDraft,
  type IDraft,
  type IFormStart,
  newDraft,
  specDraft,
  writtenDraft
} from './form/draft';
import { ExperimentForm } from './form/ExperimentForm';
import { newExperimentIcon } from './icons';
import { type SubmarineModel } from './model';
import { Problem } from './problem';
import { refusal } from './view/readOnly';
import { type IExperiment } from './view/records';

interface INewExperimentOptions {
  model: SubmarineModel;
  trans: TranslationBundle;
  editors: IEditorServices | null;
  start: IFormStart;
  /** What a replica asks for at first. */
  resources: string;
  onSubmitted: (experiment: IExperiment, upstream: string) => void;
}

interface IReady {
  form: ISpecForm;
  draft: IDraft;
  upstreams: readonly string[];
  upstream: string;
}

/** The form for a new experiment in a place of its own. */
export class NewExperiment extends ReactWidget {
  constructor(private readonly _options: INewExperimentOptions) {
    super();
    this.addClass('jp-SubmarineNew');
    this.node.tabIndex = -1;
    // It may hold secrets, and is a draft as soon as it is shown.
    this._start = { ..._options.start, spec: null };
    void this._load();
  }

  /** What the same form begins with after the page was loaded again; secrets are left out. */
  get start(): IFormStart {
    return this._start;
  }

  /** Emitted when that is another. */
  get startChanged(): ISignal<this, void> {
    return this._startChanged;
  }

  protected override onActivateRequest(): void {
    this._focus();
  }

  protected override render(): JSX.Element {
    const { model, trans, editors, start, resources } = this._options;
    if (this._problem !== null) {
      return <Problem text={this._problem} trans={trans} onRetry={() => void this._load()} />;
    }
    if (this._ready === null) {
      return <p className="jp-SubmarineNew-problem">{trans.__('Loading…')}</p>;
    }
    return (
      <ExperimentForm
        {...this._ready}
        api={model.api}
        trans={trans}
        editors={editors}
        programName={start.origin?.path ?? 'program'}
        origin={start.origin ?? {}}
        resources={resources}
        onDraft={this._keep}
        refusedAt={upstream => refusal(model.upstreams.readOnly(upstream), trans)}
        onReady={this._focus}
        onSubmitted={this._options.onSubmitted}
      />
    );
  }

  private async _load(): Promise<void> {
    const { model, start } = this._options;
    this._problem = null;
    this.update();
    try {
      const { upstreams, default_upstream } = await model.upstreams.info(true);
      const upstream = start.upstream ?? default_upstream;
      const [form, draft] = await Promise.all([
        // One that was not started yet cannot tell its schema.
        model.api.specForm(upstreams[upstream]?.state === 'connected' ? upstream : undefined),
        this._draft(upstream)
      ]);
      this._ready = { form, draft, upstreams: Object.keys(upstreams), upstream };
    } catch (error) {
      this._problem = error instanceof Error ? error.message : String(error);
    }
    this.update();
  }

  private async _draft(upstream: string): Promise<IDraft> {
    const { model, start, resources } = this._options;
    const { draft, clone, spec, program = null, name = 'experiment' } = start;
    if (draft) {
      return writtenDraft(draft);
    }
    if (clone) {
      return cloneDraft((await model.api.get(upstream, clone)).spec);
    }
    return spec ? specDraft(spec, program) : newDraft(name, program, resources);
  }

  private readonly _keep = ({ document, program }: IDraft, upstream: string): void => {
    const readable = document.withoutSecrets();
    // What cannot be read may hide a secret: the last text that could be read stays.
    if (readable) {
      const { origin } = this._options.start;
      this._start = { upstream, origin, draft: { text: readable.text, program } };
      this._startChanged.emit();
    }
  };

  private readonly _focus = (): void => {
    const { activeElement } = document;
    if (this.isVisible && (activeElement === this.node || !this.node.contains(activeElement))) {
      (this.node.querySelector<HTMLElement>('input') ?? this.node).focus();
    }
  };

  private readonly _startChanged = new Signal<this, void>(this);
  private _start: IFormStart;
  private _ready: IReady | null = null;
  private _problem: string | null = null;
}

/** The form with its tab, for the main area. */
export function createNewExperiment(options: INewExperimentOptions): MainAreaWidget<NewExperiment> {
  const content = new NewExperiment(options);
  content.title.label = options.trans.__('New experiment');
  content.title.icon = newExperimentIcon;
  content.title.closable = true;
  const widget = new MainAreaWidget({ content });
  widget.toolbar.hide();
  return widget;
}
