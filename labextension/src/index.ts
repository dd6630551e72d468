import { type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { cellPlacesPlugin } from './plugins/cellPlaces';
import { commandsPlugin } from './plugins/commands';
import { comparePlugin } from './plugins/compare';
import { copyPlugin } from './plugins/copy';
import { documentPlugin } from './plugins/document';
import { mimeRendererPlugin } from './plugins/mimeRenderer';
import { modelPlugin } from './plugins/model';
import { newExperimentPlugin } from './plugins/newExperiment';
import { notebookPlugin } from './plugins/notebook';
import { notificationsPlugin } from './plugins/notifications';
import { panelPlugin } from './plugins/panel';
import { runningPlugin } from './plugins/running';
import { saveNotebookPlugin } from './plugins/saveNotebook';
import { settingsPlugin } from './plugins/settings';
import { statusBarPlugin } from './plugins/statusBar';

export { type IAttachedView, IOutputViews, ISubmarineModel } from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  modelPlugin,
  settingsPlugin,
  mimeRendererPlugin,
  cellPlacesPlugin,
  saveNotebookPlugin,
  commandsPlugin,
  copyPlugin,
  documentPlugin,
  newExperimentPlugin,
  comparePlugin,
  notebookPlugin,
  panelPlugin,
  notificationsPlugin,
  statusBarPlugin,
  runningPlugin
];

export default plugins;
