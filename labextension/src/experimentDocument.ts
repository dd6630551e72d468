import { Clipboard, MainAreaWidget } from '@jupyterlab/apputils';
import { type TranslationBundle } from '@jupyterlab/translation';
import { type CommandRegistry } from '@lumino/commands';
import { type Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { experimentIcon } from './icons';
import { type SubmarineModel } from './model';
import { CommandIDs } from './tokens';
import { type IMountedView, mountExperimentView } from './view/mount';

interface IExperimentDocumentOptions {
  model: SubmarineModel;
  trans: TranslationBundle;
  commands: CommandRegistry;
  experimentId: string;
  upstream: string | null;
  /** Whether a log that is opened follows its end. */
  follows: () => boolean;
}

/** The view of an experiment in a place of its own. */
export class ExperimentDocument extends Widget {
  constructor(private readonly _options: IExperimentDocumentOptions) {
    super();
    this.addClass('jp-SubmarineDocument');
    this.node.tabIndex = -1;
    const { model, trans, commands, experimentId, upstream, follows } = _options;
    this._view = mountExperimentView(this.node, {
      experimentId,
      name: '',
      trans,
      layout: 'main',
      follows,
      copy: text => Clipboard.copyToSystem(text),
      onClone: commands.hasCommand(CommandIDs.cloneExperiment)
        ? () => void commands.execute(CommandIDs.cloneExperiment, { id: experimentId, upstream })
        : undefined,
      onName: name => {
        this.title.label = name;
      }
    });
    this._view.connect(model.source(experimentId, upstream));
  }

  get experimentId(): string {
    return this._options.experimentId;
  }

  get upstream(): string | null {
    return this._options.upstream;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._view.dispose();
      super.dispose();
    }
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus({ preventScroll: true });
  }

  private readonly _view: IMountedView;
}

/** An experiment's view with its tab, for the main area. */
export function createDocument(
  options: IExperimentDocumentOptions
): MainAreaWidget<ExperimentDocument> {
  const content = new ExperimentDocument(options);
  // The tab shows what its content's title says.
  content.title.label = options.experimentId;
  content.title.caption = options.experimentId;
  content.title.icon = experimentIcon;
  content.title.closable = true;
  const widget = new MainAreaWidget({ content });
  widget.toolbar.hide();
  return widget;
}
