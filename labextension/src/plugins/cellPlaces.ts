import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { showCellLine } from '../cellPlaces';
import { IOutputViews, NAMESPACE } from '../tokens';

/** Lets a traceback in a view lead to the line of the notebook's cell. */
export const cellPlacesPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:cell-places`,
  description: 'Leads from the traceback of a failed experiment to the line of its cell.',
  autoStart: true,
  requires: [IOutputViews, INotebookTracker],
  activate: (_app: JupyterFrontEnd, views: IOutputViews, notebooks: INotebookTracker): void => {
    views.showCellLine = (node, place) => {
      const panel = notebooks.find(({ content }) => content.node.contains(node));
      return panel !== undefined && showCellLine(panel.content, node, place);
    };
  }
};
