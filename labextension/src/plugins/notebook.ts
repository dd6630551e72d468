import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { type IFormStart } from '../form/draft';
import { submitCellIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { experimentName } from '../notebookCells';
import { type SubmarineSettings } from '../settings';
import { tellError } from '../tell';
import { CommandIDs, ISubmarineModel, ISubmarineSettings, NAMESPACE } from '../tokens';

const LOAD = '%load_ext submarine_jupyter';
const EXPERIMENT = `%%submarine experiment --name hello
print('hello from an experiment')`;

/** Goes from notebooks to experiments. */
export const notebookPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:notebook`,
  description: 'Submits cells as experiments, and inserts cells that do.',
  autoStart: true,
  requires: [ISubmarineModel, ISubmarineSettings],
  optional: [INotebookTracker, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    settings: SubmarineSettings,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { commands, serviceManager } = app;
    const category = trans.__('Submarine');
    const noArguments = { args: { type: 'object', properties: {} } };

    commands.addCommand(CommandIDs.submitCell, {
      label: args => (args.toolbar ? '' : trans.__('Submit Cell as Experiment')),
      caption: trans.__('Submit cell as experiment'),
      icon: submitCellIcon,
      describedBy: noArguments,
      isEnabled: () => notebooks?.activeCell?.model.type === 'code',
      execute: async () => {
        const panel = notebooks?.currentWidget;
        const cell = notebooks?.activeCell;
        if (!panel || !cell) {
          return;
        }
        const path = serviceManager.contents.localPath(panel.context.path);
        const name = experimentName(path);
        const kernel = panel.sessionContext.session?.kernel?.name ?? '';
        const source = cell.model.sharedModel.getSource();
        try {
          const draft = await model.api.readCell(source, name, settings.values.resources);
          const start: Omit<IFormStart, 'upstream'> = { ...draft, name, origin: { path, kernel } };
          await commands.execute(CommandIDs.newExperiment, {
            ...start
          } as ReadonlyPartialJSONObject);
        } catch (error) {
          tellError(error);
        }
      }
    });

    commands.addCommand(CommandIDs.insertCell, {
      label: trans.__('Insert Experiment Cell'),
      caption: trans.__('Insert a cell below that submits an experiment'),
      describedBy: noArguments,
      execute: async () => {
        const panel =
          notebooks?.currentWidget ??
          ((await commands.execute('notebook:create-new')) as NotebookPanel | undefined);
        if (!panel) {
          return;
        }
        await panel.context.ready;
        await panel.revealed;
        insertCells(panel);
        app.shell.activateById(panel.id);
      }
    });

    if (!notebooks) {
      return;
    }
    notebooks.activeCellChanged.connect(() => {
      commands.notifyCommandChanged(CommandIDs.submitCell);
    });
    palette?.addItem({ command: CommandIDs.submitCell, category });
    palette?.addItem({ command: CommandIDs.insertCell, category });
  }
};

/** Put the cells below the active one, or in its place when it is empty. */
function insertCells({ content }: NotebookPanel): void {
  const { model } = content;
  if (!model || model.readOnly) {
    return;
  }
  const isLoaded = Array.from(model.cells).some(cell =>
    cell.sharedModel.getSource().includes(LOAD)
  );
  for (const source of isLoaded ? [EXPERIMENT] : [LOAD, EXPERIMENT]) {
    if (content.activeCell?.model.sharedModel.getSource() !== '') {
      NotebookActions.insertBelow(content);
    }
    content.activeCell?.model.sharedModel.setSource(source);
  }
}
