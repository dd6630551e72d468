import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import { type SubmarineModel } from '../model';
import { targetSchema, targetsOf } from '../targets';
import { tellError } from '../tell';
import { CommandIDs, ISubmarineModel, NAMESPACE } from '../tokens';

/** Copies experiments to the clipboard. */
export const copyPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:copy`,
  description: 'Copies the id of an experiment, or a cell that submits it again.',
  autoStart: true,
  requires: [ISubmarineModel],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { commands } = app;
    const idText = trans.__('Id of the experiment; without one, those selected in the panel');
    const category = trans.__('Submarine');

    commands.addCommand(CommandIDs.copyId, {
      label: trans.__('Copy Id'),
      caption: trans.__('Copy the id of an experiment'),
      icon: copyIcon,
      describedBy: { args: targetSchema(idText) },
      isEnabled: args => targetsOf(args, model).ids.length > 0,
      execute: args => Clipboard.copyToSystem(targetsOf(args, model).ids.join('\n'))
    });

    commands.addCommand(CommandIDs.copyAsCell, {
      label: trans.__('Copy as Cell'),
      caption: trans.__('Copy a notebook cell that submits the same experiment again'),
      describedBy: { args: targetSchema(idText) },
      isEnabled: args => targetsOf(args, model).ids.length === 1,
      execute: async args => {
        const { ids, upstream } = targetsOf(args, model);
        try {
          const { spec } = await model.api.get(upstream, ids[0]);
          const { cellOfSpec } = await import('../form/cell');
          Clipboard.copyToSystem(await cellOfSpec(spec));
          Notification.success(trans.__('The cell is in the clipboard.'), { autoClose: 3_000 });
        } catch (error) {
          tellError(error);
        }
      }
    });

    model.changed.connect(() => {
      commands.notifyCommandChanged(CommandIDs.copyId);
      commands.notifyCommandChanged(CommandIDs.copyAsCell);
    });
    palette?.addItem({ command: CommandIDs.copyId, category });
    palette?.addItem({ command: CommandIDs.copyAsCell, category });
  }
};
