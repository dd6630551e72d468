import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type SubmarineModel } from '../model';
import { StatusItem } from '../statusItem';
import { CommandIDs, ISubmarineModel, NAMESPACE } from '../tokens';

/** Shows in the status bar how many experiments run and wait. */
export const statusBarPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:status-bar`,
  description: 'Shows how many experiments run and wait.',
  autoStart: true,
  requires: [ISubmarineModel],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    if (!statusBar) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const item = new StatusItem({
      model,
      trans,
      onClick: () => void app.commands.execute(CommandIDs.showPanel)
    });
    statusBar.registerStatusItem(`${NAMESPACE}:status`, {
      item,
      align: 'left',
      rank: 50,
      isActive: () => model.counts.running + model.counts.waiting > 0,
      activeStateChanged: model.changed
    });
  }
};
