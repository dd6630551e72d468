import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import { type ReadonlyJSONObject, type ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { type SubmarineModel } from '../model';
import { CommandIDs, ISubmarineModel, NAMESPACE } from '../tokens';

interface IExperimentArgs {
  id: string;
  upstream: string | null;
}

/** The commands that act on an experiment without showing it. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:commands`,
  description: 'Adds the commands to stop and delete experiments.',
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

    const confirmed = async (title: string, body: string, label: string): Promise<boolean> => {
      const result = await showDialog({
        title,
        body,
        buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.warnButton({ label })],
        defaultButton: 0
      });
      return result.button.accept;
    };
    const report = (error: unknown): Promise<void> =>
      showErrorMessage(trans.__('Submarine'), error instanceof Error ? error : String(error));

    commands.addCommand(CommandIDs.stopExperiment, {
      label: trans.__('Stop Experiment'),
      caption: trans.__('End the run of an experiment; its record and logs are kept'),
      describedBy: { args: experimentSchema(trans.__('Id of the experiment')) },
      isEnabled: args => parseArgs(args) !== null,
      execute: async args => {
        const target = parseArgs(args);
        const isSure =
          target &&
          (await confirmed(
            trans.__('Stop Experiment'),
            trans.__('Stop %1? Its record and logs are kept.', target.id),
            trans.__('Stop')
          ));
        if (isSure) {
          await model.stop(target.id, target.upstream).catch(report);
        }
      }
    });

    commands.addCommand(CommandIDs.deleteExperiment, {
      label: trans.__('Delete Experiment'),
      caption: trans.__('Delete an experiment with its logs'),
      describedBy: { args: experimentSchema(trans.__('Id of the experiment')) },
      isEnabled: args => parseArgs(args) !== null,
      execute: async args => {
        const target = parseArgs(args);
        const isSure =
          target &&
          (await confirmed(
            trans.__('Delete Experiment'),
            trans.__('Delete %1 with its logs?', target.id),
            trans.__('Delete')
          ));
        if (isSure) {
          await model.remove(target.id, target.upstream).catch(report);
        }
      }
    });

    commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh Experiments'),
      caption: trans.__('Read the list of experiments anew'),
      icon: refreshIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => model.refresh()
    });
    palette?.addItem({ command: CommandIDs.refresh, category: trans.__('Submarine') });
  }
};

/** JSON Schema of the arguments that name an experiment. */
export function experimentSchema(description: string): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      id: { type: 'string', description },
      upstream: { type: ['string', 'null'] }
    },
    required: ['id']
  };
}

/** The experiment that a command's arguments name, or null. */
export function parseArgs(args: ReadonlyPartialJSONObject): IExperimentArgs | null {
  const { id, upstream } = args;
  return typeof id === 'string' && id
    ? { id, upstream: typeof upstream === 'string' ? upstream : null }
    : null;
}
