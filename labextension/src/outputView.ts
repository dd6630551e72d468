import { type IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { type TranslationBundle } from '@jupyterlab/translation';
import { type CommandRegistry } from '@lumino/commands';
import { type Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { type SubmarineModel } from './model';
import { type IPayload, parsePayload } from './payload';
import { CommandIDs, type IAttachedView, MIME_TYPE } from './tokens';
import { type IMountedView, type mountExperimentView } from './view/mount';

interface IOutputViewOptions {
  model: SubmarineModel;
  trans: TranslationBundle;
  commands: CommandRegistry;
  onAttached: (view: IAttachedView) => void;
}

/** The live view of an experiment in a notebook's output. */
export class OutputView extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly _options: IOutputViewOptions) {
    super();
    this.addClass('jp-SubmarineOutput');
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._view?.dispose();
      super.dispose();
    }
  }

  /** Show an output; again with the same experiment, as a display's update does, is no change. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const payload = parsePayload(model.data[MIME_TYPE]);
    if (!payload) {
      this._unmount();
      const { trans } = this._options;
      this.node.textContent = trans.__(
        'This output is not an experiment that this version of submarine-jupyter can show.'
      );
      return;
    }
    if (this._shown && isSame(this._shown, payload)) {
      return;
    }
    this._shown = payload;
    this._announce();
    const view = await import('./view/mount');
    if (this._shown !== payload || this.isDisposed) {
      return;
    }
    this._mount(payload, view.mountExperimentView);
    await this._connect(payload);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._announce();
  }

  private _announce(): void {
    if (this._shown && this.isAttached) {
      const { experimentId } = this._shown;
      this._options.onAttached({ experimentId, node: this.node });
    }
  }

  private _mount(payload: IPayload, mount: typeof mountExperimentView): void {
    const { trans } = this._options;
    this._unmount();
    const { experimentId, name, snapshot } = payload;
    this._view = mount(this.node, {
      experimentId,
      name,
      trans,
      layout: 'cell',
      onOpen: () => this._open(payload)
    });
    if (snapshot) {
      this._view.showSnapshot(snapshot);
    }
  }

  /** Follow the experiment at the upstream that ran it, if it is one of the reader's own. */
  private async _connect(payload: IPayload): Promise<void> {
    const { model, trans } = this._options;
    let upstream: string | null;
    try {
      upstream = await model.upstreamOf(payload.server);
    } catch (error) {
      this._setNotice(payload, error instanceof Error ? error.message : String(error));
      return;
    }
    if (this._shown !== payload) {
      return;
    }
    if (upstream === null) {
      this._setNotice(
        payload,
        trans.__(
          'A saved state: this experiment belongs to the server "%1", which is none of yours. ' +
            'To follow it, add that server to SubmarineExtension.upstreams.',
          payload.server
        )
      );
      return;
    }
    this._upstream = upstream;
    this._view?.connect(model.source(payload.experimentId, upstream));
  }

  private _setNotice(payload: IPayload, notice: string): void {
    if (this._shown === payload) {
      this._view?.setNotice(notice);
    }
  }

  private _open(payload: IPayload): void {
    const { commands } = this._options;
    void commands.execute(CommandIDs.openExperiment, {
      id: payload.experimentId,
      upstream: this._upstream
    });
  }

  private _unmount(): void {
    this._view?.dispose();
    this._view = null;
    this._upstream = null;
    this.node.textContent = '';
  }

  private _shown: IPayload | null = null;
  private _view: IMountedView | null = null;
  private _upstream: string | null = null;
}

function isSame(one: IPayload, other: IPayload): boolean {
  return one.experimentId === other.experimentId && one.server === other.server;
}
