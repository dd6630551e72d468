import { type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { commandsPlugin } from './plugins/commands';
import { documentPlugin } from './plugins/document';
import { mimeRendererPlugin } from './plugins/mimeRenderer';
import { modelPlugin } from './plugins/model';
import { panelPlugin } from './plugins/panel';
import { saveNotebookPlugin } from './plugins/saveNotebook';

export { type IAttachedView, IOutputViews, ISubmarineModel } from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  modelPlugin,
  mimeRendererPlugin,
  saveNotebookPlugin,
  commandsPlugin,
  documentPlugin,
  panelPlugin
];

export default plugins;
