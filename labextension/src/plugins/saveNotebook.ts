import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { NotebookSaver } from '../notebookSaver';
import { type IAttachedView, IOutputViews, NAMESPACE } from '../tokens';

const PLUGIN_ID = `${NAMESPACE}:save-notebook`;

/**
 * Saves a notebook when the view of a new experiment first appears in it.
 *
 * An output that was never saved is gone after a reload, and its experiment with it out of the
 * reader's sight; JupyterLab saves by itself only every two minutes.
 */
export const saveNotebookPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Saves a notebook when the view of a new experiment first appears in it.',
  autoStart: true,
  requires: [IOutputViews],
  optional: [INotebookTracker, ISettingRegistry],
  activate: (
    _app: JupyterFrontEnd,
    views: IOutputViews,
    notebooks: INotebookTracker | null,
    registry: ISettingRegistry | null
  ): void => {
    if (!notebooks) {
      return;
    }
    let isWanted = true;
    registry?.load(PLUGIN_ID).then(
      settings => {
        const read = (): void => {
          isWanted = settings.composite.saveOnFirstView !== false;
        };
        settings.changed.connect(read);
        read();
      },
      error => console.warn(`The settings of ${PLUGIN_ID} could not be read.`, error)
    );
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
      if (panel && isWanted) {
        void watch(panel).keep(view.experimentId);
      }
    });
  }
};
