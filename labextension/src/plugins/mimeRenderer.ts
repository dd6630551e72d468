import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { OutputView } from '../outputView';
import {
  type IAttachedView,
  IOutputViews,
  ISubmarineModel,
  ISubmarineSettings,
  MIME_TYPE,
  NAMESPACE
} from '../tokens';
import { type SubmarineModel } from '../model';
import { type SubmarineSettings } from '../settings';
import { type ICodePlace } from '../view/traceback';

/** Before the widget manager's -10 in trusted notebooks, and HTML's 50 in all. */
const RANK = -100;

/** Shows an experiment in a notebook's output as a live view. */
export const mimeRendererPlugin: JupyterFrontEndPlugin<IOutputViews> = {
  id: `${NAMESPACE}:mime-renderer`,
  description: 'Renders the experiments in notebook outputs as live views.',
  autoStart: true,
  provides: IOutputViews,
  requires: [IRenderMimeRegistry, ISubmarineModel, ISubmarineSettings],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    model: SubmarineModel,
    settings: SubmarineSettings,
    translator: ITranslator | null
  ): IOutputViews => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const views = new OutputViews();
    // Registered before anything asynchronous: a notebook restored with the page renders at once.
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [MIME_TYPE],
        createRenderer: () =>
          new OutputView({
            model,
            trans,
            commands: app.commands,
            follows: () => settings.values.follow,
            onAttached: view => views.attached.emit(view),
            showCellLine: (node, place) => views.showCellLine(node, place)
          })
      },
      RANK
    );
    return views;
  }
};

class OutputViews implements IOutputViews {
  readonly attached: Signal<IOutputViews, IAttachedView> = new Signal(this);

  /** Until notebooks are known, no line of theirs is. */
  showCellLine = (_node: HTMLElement, _place: ICodePlace): boolean => false;
}
