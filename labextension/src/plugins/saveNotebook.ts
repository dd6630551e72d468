import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { NotebookSaver } from '../notebookSaver';
import { type SubmarineSettings } from '../settings';
import { type IAttachedView, IOutputViews, ISubmarineSettings, NAMESPACE } from '../tokens';

/**
 * Saves a notebook when the view of a new experiment first appears in it.
 *
 * An output that was never saved is gone after a reload, and its experiment with it out of the
 * reader's sight; JupyterLab saves by itself only every two minutes.
 */
export const saveNotebookPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:save-notebook`,
  description: 'Saves a notebook when the view of a new experiment first appears in it.',
  autoStart: true,
  requires: [IOutputViews, ISubmarineSettings],
  optional: [INotebookTracker],
  activate: (
    _app: JupyterFrontEnd,
    views: IOutputViews,
    settings: SubmarineSettings,
    notebooks: INotebookTracker | null
  ): void => {
    if (!notebooks) {
      return;
    }
    const savers = new WeakMap<NotebookPanel, NotebookSaver>();
    const watch = (panel: NotebookPanel): NotebookSaver => {
      let saver = savers.get(panel);
      if (!saver) {
        saver = new NotebookSaver(panel.context);
        savers.set(panel, saver);
      }
      return saver;
    };
    notebooks.forEach(watch);
    notebooks.widgetAdded.connect((_, panel) => {
      watch(panel);
    });
    views.attached.connect((_, view: IAttachedView) => {
      const panel = notebooks.find(({ content }) => content.node.contains(view.node));
      if (panel && settings.values.saveOnFirstView) {
        void watch(panel).keep(view.experimentId);
      }
    });
  }
};
