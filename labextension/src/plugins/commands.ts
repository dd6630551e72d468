import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { deleteIcon, refreshIcon, stopIcon } from '@jupyterlab/ui-components';
import { type ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { type SubmarineModel } from '../model';
import { type ITargets, targetSchema, targetsOf } from '../targets';
import { tellError, tellRefusal } from '../tell';
import { CommandIDs, ISubmarineModel, NAMESPACE } from '../tokens';
import { refusal } from '../view/readOnly';
import { isTerminal } from '../view/records';

/** The commands that act on experiments without showing them. */
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
    const idText = trans.__('Id of the experiment; without one, those selected in the panel');
    const category = trans.__('Submarine');

    const refused = (args: ReadonlyPartialJSONObject): string | null =>
      refusal(model.upstreams.readOnly(targetsOf(args, model).upstream), trans);

    /** Say so where the targets may not be changed: the list's keys act also on what is disabled. */
    const isRefused = async ({ upstream }: ITargets): Promise<boolean> => {
      // Without an answer the call itself tells what is wrong.
      const why = refusal(await model.upstreams.askReadOnly(upstream).catch(() => null), trans);
      if (why !== null) {
        tellRefusal(why);
      }
      return why !== null;
    };

    const confirmed = async (title: string, body: string, label: string): Promise<boolean> => {
      const result = await showDialog({
        title,
        body,
        buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.warnButton({ label })],
        defaultButton: 0
      });
      return result.button.accept;
    };

    commands.addCommand(CommandIDs.stopExperiment, {
      label: args => (args.isContext ? trans.__('Stop') : trans.__('Stop Experiment')),
      caption: args =>
        refused(args) ?? trans.__('End the run of an experiment; its record and logs are kept'),
      icon: stopIcon,
      describedBy: { args: targetSchema(idText) },
      isEnabled: args =>
        refused(args) === null && goingOn(targetsOf(args, model), model).ids.length > 0,
      execute: async args => {
        const targets = goingOn(targetsOf(args, model), model);
        if (await isRefused(targets)) {
          return;
        }
        const { ids } = targets;
        const question =
          ids.length === 1
            ? trans.__('Stop %1? Its record and logs are kept.', nameOf(ids[0], model))
            : trans._n(
                'Stop %1 experiment? Its record and logs are kept.',
                'Stop %1 experiments? Their records and logs are kept.',
                ids.length
              );
        if (await confirmed(trans.__('Stop'), question, trans.__('Stop'))) {
          await each(targets, id => model.stop(id, targets.upstream));
        }
      }
    });

    commands.addCommand(CommandIDs.deleteExperiment, {
      label: args => (args.isContext ? trans.__('Delete') : trans.__('Delete Experiment')),
      caption: args => refused(args) ?? trans.__('Delete experiments with their logs and files'),
      icon: deleteIcon,
      describedBy: { args: targetSchema(idText) },
      isEnabled: args => refused(args) === null && targetsOf(args, model).ids.length > 0,
      execute: async args => {
        const targets = targetsOf(args, model);
        if (await isRefused(targets)) {
          return;
        }
        const { ids } = targets;
        const running = goingOn(targets, model).ids.length;
        const question =
          ids.length === 1
            ? trans.__('Delete %1 with its logs and files?', nameOf(ids[0], model))
            : trans._n(
                'Delete %1 experiment with its logs and files?',
                'Delete %1 experiments with their logs and files?',
                ids.length
              );
        const warning =
          running > 0
            ? trans._n(
                '%1 of them is not over and ends.',
                '%1 of them are not over and end.',
                running
              )
            : '';
        const isSure = await confirmed(
          trans.__('Delete'),
          [question, ids.length > 1 ? warning : ''].join(' ').trim(),
          trans.__('Delete')
        );
        if (isSure) {
          await each(targets, id => model.remove(id, targets.upstream));
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

    model.changed.connect(() => {
      commands.notifyCommandChanged(CommandIDs.stopExperiment);
      commands.notifyCommandChanged(CommandIDs.deleteExperiment);
    });
    palette?.addItem({ command: CommandIDs.refresh, category });
    palette?.addItem({ command: CommandIDs.stopExperiment, category });
    palette?.addItem({ command: CommandIDs.deleteExperiment, category });
  }
};

/** Those of the targets that may still run. */
function goingOn(targets: ITargets, model: SubmarineModel): ITargets {
  const ids = targets.ids.filter(id => {
    const experiment = model.find(id);
    return !experiment || !isTerminal(experiment.status);
  });
  return { ...targets, ids };
}

function nameOf(id: string, model: SubmarineModel): string {
  return model.find(id)?.spec.meta.name || id;
}

/** Do something with each target, some at a time; the first refusal is shown. */
async function each(targets: ITargets, act: (id: string) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  const waiting = [...targets.ids];
  const work = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await act(id).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (errors.length > 0) {
    tellError(errors[0]);
  }
}

/** Browsers keep six connections to a server. */
const AT_ONCE = 4;
