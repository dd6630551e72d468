import { Clipboard } from '@jupyterlab/apputils';
import { type IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { type TranslationBundle } from '@jupyterlab/translation';
import { type CommandRegistry } from '@lumino/commands';
import { type IDisposable } from '@lumino/disposable';
import { type Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { upstreamOf } from './handshake';
import { keepHeight } from './keptHeight';
import { type SubmarineModel } from './model';
import { type IPayload, parsePayload } from './payload';
import { CommandIDs, type IAttachedView, MIME_TYPE } from './tokens';
import { type IMountedView, type mountExperimentView } from './view/mount';
import { type ICodePlace } from './view/traceback';

interface IOutputViewOptions {
  model: SubmarineModel;
  trans: TranslationBundle;
  commands: CommandRegistry;
  /** Whether a log that is opened follows its end. */
  follows: () => boolean;
  onAttached: (view: IAttachedView) => void;
  /** Show a line of the notebook that an element is in; false where there is none such. */
  showCellLine: (node: HTMLElement, place: ICodePlace) => boolean;
}

/** What is shown, and whether the reader trusts the notebook it comes from. */
interface IShown {
  payload: IPayload;
  trusted: boolean;
}

/** The live view of an experiment in a notebook's output. */
export class OutputView extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly _options: IOutputViewOptions) {
    super();
    this.addClass('jp-SubmarineOutput');
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._shown = null;
      this._height?.dispose();
      this._unmount();
      super.dispose();
    }
  }

  /** Show an output; again with the same experiment, as a display's update does, is no change. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const payload = parsePayload(model.data[MIME_TYPE]);
    if (!payload) {
      this._shown = null;
      this._unmount();
      const { trans } = this._options;
      this.node.textContent = trans.__(
        'This output is not an experiment that this version of submarine-jupyter can show.'
      );
      return;
    }
    const shown: IShown = { payload, trusted: model.trusted };
    if (this._shown && isSame(this._shown, shown)) {
      return;
    }
    this._shown = shown;
    this._height?.dispose();
    this._height = keepHeight(this.node, payload.experimentId);
    this._announce();
    const view = await import('./view/mount');
    if (this._shown !== shown) {
      return;
    }
    this._mount(shown, view.mountExperimentView);
    await this._connect(shown);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._announce();
  }

  private _announce(): void {
    if (this._shown && this.isAttached) {
      const { experimentId } = this._shown.payload;
      this._options.onAttached({ experimentId, node: this.node });
    }
  }

  private _mount(shown: IShown, mount: typeof mountExperimentView): void {
    const { trans, commands, follows, showCellLine } = this._options;
    this._unmount();
    const { payload, trusted } = shown;
    const { experimentId, snapshot } = payload;
    // What an untrusted notebook says of an experiment is not shown as if it were one's own.
    this._view = mount(this.node, {
      experimentId,
      name: trusted ? payload.name : '',
      trans,
      layout: 'cell',
      follows,
      copy: text => Clipboard.copyToSystem(text),
      onOpen: () => this._run(CommandIDs.openExperiment, payload),
      onClone:
        trusted && commands.hasCommand(CommandIDs.cloneExperiment)
          ? () => this._run(CommandIDs.cloneExperiment, payload)
          : undefined,
      openCell: place => showCellLine(this.node, place)
    });
    if (snapshot && trusted) {
      this._view.showSnapshot(snapshot);
    }
  }

  /** Follow the experiment at the upstream that ran it, if it is one of the reader's own. */
  private async _connect(shown: IShown): Promise<void> {
    const { model } = this._options;
    let failure: unknown = null;
    try {
      await model.upstreams.find(shown.payload.server);
    } catch (error) {
      failure = error;
    }
    if (this._shown !== shown) {
      return;
    }
    // An upstream that does not answer now may be it, as a later handshake tells.
    model.upstreams.changed.connect(this._look, this);
    if (failure === null) {
      this._look();
    } else {
      this._view?.setNotice(failure instanceof Error ? failure.message : String(failure));
    }
  }

  /** Follow the experiment if the last handshake knows where, else say why not. */
  private _look(): void {
    const { model } = this._options;
    const { handshake } = model.upstreams;
    if (!this._shown || !handshake) {
      return;
    }
    const { experimentId, server } = this._shown.payload;
    const upstream = upstreamOf(handshake, server);
    if (upstream === null) {
      this._view?.setNotice(this._unknown(this._shown, model.upstreams.awaitSilent()));
      return;
    }
    model.upstreams.changed.disconnect(this._look, this);
    this._upstream = upstream;
    this._view?.setNotice(null);
    this._view?.connect(model.source(experimentId, upstream));
  }

  /** What to say of an experiment of which no upstream is known. */
  private _unknown(shown: IShown, silent: readonly string[]): string {
    const { trans } = this._options;
    if (silent.length > 0) {
      return trans.__(
        'The upstream "%1" does not answer yet; this experiment may be one of its. ' +
          'The view goes on by itself when it answers.',
        silent.join('", "')
      );
    }
    if (shown.payload.server === '') {
      return trans.__(
        'This experiment belongs to a server without an id, such as Apache Submarine, and which of ' +
          'your upstreams that is cannot be told. To follow it, make that server ' +
          'SubmarineExtension.default_upstream.'
      );
    }
    return this._foreign(shown);
  }

  /** What to say of an experiment of a server that is none of the reader's. */
  private _foreign({ payload, trusted }: IShown): string {
    const { trans } = this._options;
    return trusted
      ? trans.__(
          'A saved state: this experiment belongs to the server "%1", which is none of yours. ' +
            'To follow it, add that server to SubmarineExtension.upstreams.',
          payload.server
        )
      : trans.__(
          'This experiment belongs to the server "%1", which is none of yours. To see what this ' +
            'notebook saved of it, trust the notebook; to follow it, add that server to ' +
            'SubmarineExtension.upstreams.',
          payload.server
        );
  }

  private _run(command: string, { experimentId }: IPayload): void {
    void this._options.commands.execute(command, { id: experimentId, upstream: this._upstream });
  }

  private _unmount(): void {
    this._options.model.upstreams.changed.disconnect(this._look, this);
    this._view?.dispose();
    this._view = null;
    this._upstream = null;
    this.node.textContent = '';
  }

  private _shown: IShown | null = null;
  private _view: IMountedView | null = null;
  private _height: IDisposable | null = null;
  private _upstream: string | null = null;
}

function isSame(one: IShown, other: IShown): boolean {
  return (
    one.trusted === other.trusted &&
    one.payload.experimentId === other.payload.experimentId &&
    one.payload.server === other.payload.server
  );
}
