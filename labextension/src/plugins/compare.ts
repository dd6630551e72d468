import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, type MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type ComparisonDocument } from '../compare/comparisonDocument';
import { compareIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { targetSchema, targetsOf } from '../targets';
import { CommandIDs, ISubmarineModel, NAMESPACE } from '../tokens';

/** Compares experiments. */
export const comparePlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:compare`,
  description: 'Compares the specs, metrics and durations of experiments.',
  autoStart: true,
  requires: [ISubmarineModel],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { commands, shell } = app;
    const tracker = new WidgetTracker<MainAreaWidget<ComparisonDocument>>({
      namespace: 'submarine-comparison'
    });

    commands.addCommand(CommandIDs.compareExperiments, {
      label: args => (args.isContext ? trans.__('Compare') : trans.__('Compare Experiments')),
      caption: trans.__('Show several experiments side by side'),
      icon: compareIcon,
      describedBy: {
        args: targetSchema(trans.__('Ids of the experiments; without them, the selected'))
      },
      isEnabled: args => targetsOf(args, model).ids.length > 1,
      execute: async args => {
        const { ids, upstream } = targetsOf(args, model);
        const { createComparison } = await import('../compare/comparisonDocument');
        const id = `submarine-comparison-${upstream ?? ''}-${[...ids].sort().join('-')}`;
        if (!tracker.find(other => other.id === id)) {
          const widget = createComparison({
            model,
            trans,
            ids,
            upstream,
            onOpen: opened =>
              void commands.execute(CommandIDs.openExperiment, { id: opened, upstream })
          });
          widget.id = id;
          await tracker.add(widget);
          shell.add(widget, labShell ? 'main' : 'right');
        }
        shell.activateById(id);
      }
    });

    model.changed.connect(() => commands.notifyCommandChanged(CommandIDs.compareExperiments));
    palette?.addItem({
      command: CommandIDs.compareExperiments,
      category: trans.__('Submarine')
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.compareExperiments,
      args: ({ content }) => ({ ids: [...content.ids], upstream: content.upstream }),
      name: ({ id }) => id
    });
  }
};
