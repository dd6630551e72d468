import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, type MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import { type ReadonlyJSONObject, type ReadonlyPartialJSONObject, UUID } from '@lumino/coreutils';
import { type IFormStart } from '../form/draft';
import { newExperimentIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { type NewExperiment } from '../newExperiment';
import { type SubmarineSettings } from '../settings';
import { targetSchema, targetsOf } from '../targets';
import { CommandIDs, ISubmarineModel, ISubmarineSettings, NAMESPACE } from '../tokens';

const PREFIX = 'submarine-new-experiment';

/** Opens the form for a new experiment, empty or filled. */
export const newExperimentPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:new-experiment`,
  description: 'Adds the form for new experiments.',
  autoStart: true,
  requires: [ISubmarineModel, ISubmarineSettings],
  optional: [ITranslator, ICommandPalette, ILauncher, IEditorServices, ILayoutRestorer, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    settings: SubmarineSettings,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    editors: IEditorServices | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { commands, shell } = app;
    const category = trans.__('Submarine');
    const tracker = new WidgetTracker<MainAreaWidget<NewExperiment>>({
      namespace: PREFIX
    });

    commands.addCommand(CommandIDs.newExperiment, {
      label: args => (args.isLauncher ? trans.__('Experiment') : trans.__('New Experiment')),
      caption: trans.__('Fill in a form, and submit it as an experiment'),
      icon: newExperimentIcon,
      describedBy: { args: startSchema() },
      execute: async args => {
        const { createNewExperiment } = await import('../newExperiment');
        const widget = createNewExperiment({
          model,
          trans,
          editors,
          start: startOf(args, model),
          resources: settings.values.resources,
          onSubmitted: (experiment, upstream) => {
            void commands.execute(CommandIDs.openExperiment, {
              id: experiment.experimentId,
              upstream
            });
            widget.dispose();
          }
        });
        // A form that is restored is the same, so that the workspace keeps it once.
        const { widgetId } = args;
        widget.id = typeof widgetId === 'string' ? widgetId : `${PREFIX}-${UUID.uuid4()}`;
        await tracker.add(widget);
        widget.content.startChanged.connect(() => void tracker.save(widget));
        shell.add(widget, labShell ? 'main' : 'right');
        shell.activateById(widget.id);
        return widget;
      }
    });

    commands.addCommand(CommandIDs.cloneExperiment, {
      label: args => (args.isContext ? trans.__('Clone') : trans.__('Clone Experiment')),
      caption: trans.__('Open the form for a new experiment, filled as a past one'),
      icon: copyIcon,
      describedBy: {
        args: targetSchema(trans.__('Id of the experiment; without one, the selected'))
      },
      isEnabled: args => targetsOf(args, model).ids.length === 1,
      execute: args => {
        const { ids, upstream } = targetsOf(args, model);
        return commands.execute(CommandIDs.newExperiment, { clone: ids[0], upstream });
      }
    });

    model.changed.connect(() => commands.notifyCommandChanged(CommandIDs.cloneExperiment));
    palette?.addItem({ command: CommandIDs.newExperiment, category });
    palette?.addItem({ command: CommandIDs.cloneExperiment, category });
    launcher?.add({
      command: CommandIDs.newExperiment,
      args: { isLauncher: true },
      category: trans.__('Other'),
      rank: 10
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.newExperiment,
      args: ({ content, id }) =>
        ({ ...content.start, widgetId: id }) as unknown as ReadonlyJSONObject,
      name: ({ id }) => id
    });
  }
};

function startOf(args: ReadonlyPartialJSONObject, model: SubmarineModel): IFormStart {
  const start = { ...args, isLauncher: undefined, widgetId: undefined };
  return { upstream: model.upstream, ...start } as IFormStart;
}

function startSchema(): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      upstream: { type: ['string', 'null'] },
      clone: { type: 'string' },
      spec: { type: ['object', 'null'] },
      program: { type: ['string', 'null'] },
      draft: {
        type: 'object',
        properties: { text: { type: 'string' }, program: { type: ['string', 'null'] } }
      },
      name: { type: 'string' },
      origin: {
        type: 'object',
        properties: { path: { type: 'string' }, kernel: { type: 'string' } }
      },
      isLauncher: { type: 'boolean' },
      widgetId: { type: 'string' }
    }
  };
}
