import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { type MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type ExperimentDocument } from '../experimentDocument';
import { experimentIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { type SubmarineSettings } from '../settings';
import { targetSchema, targetsOf } from '../targets';
import { CommandIDs, ISubmarineModel, ISubmarineSettings, NAMESPACE } from '../tokens';

/** Opens experiments in places of their own, and again after a reload. */
export const documentPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:document`,
  description: 'Opens an experiment in the main area.',
  autoStart: true,
  requires: [ISubmarineModel, ISubmarineSettings],
  optional: [ITranslator, ILayoutRestorer, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    settings: SubmarineSettings,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { commands, shell } = app;
    const tracker = new WidgetTracker<MainAreaWidget<ExperimentDocument>>({
      namespace: 'submarine-experiment'
    });
    // Notebook 7 has one document in its main area, so that the side is the place there.
    const area = labShell ? 'main' : 'right';

    const documentOf = async (
      id: string,
      upstream: string | null
    ): Promise<MainAreaWidget<ExperimentDocument>> => {
      // An experiment is opened once, whether its upstream was named or is the default one.
      const named = await model.upstreams.nameOf(upstream);
      // Loaded before the search, so that two calls at a time do not both find nothing.
      const { createDocument } = await import('../experimentDocument');
      const widgetId = documentId(id, named);
      const present = tracker.find(other => other.id === widgetId);
      if (present) {
        return present;
      }
      const widget = createDocument({
        model,
        trans,
        commands,
        experimentId: id,
        upstream: named,
        follows: () => settings.values.follow
      });
      widget.id = widgetId;
      await tracker.add(widget);
      return widget;
    };

    commands.addCommand(CommandIDs.openExperiment, {
      label: args => (args.isContext ? trans.__('Open') : trans.__('Open Experiment')),
      caption: trans.__('Show the status, logs and metrics of an experiment'),
      icon: experimentIcon,
      describedBy: {
        args: targetSchema(trans.__('Id of the experiment; without one, those selected'))
      },
      isEnabled: args => targetsOf(args, model).ids.length > 0,
      execute: async args => {
        const { ids, upstream } = targetsOf(args, model);
        for (const id of ids) {
          const widget = await documentOf(id, upstream);
          if (!widget.isAttached) {
            shell.add(widget, area);
          }
          shell.activateById(widget.id);
        }
      }
    });
    model.changed.connect(() => commands.notifyCommandChanged(CommandIDs.openExperiment));

    void restorer?.restore(tracker, {
      command: CommandIDs.openExperiment,
      args: ({ content }) => ({ id: content.experimentId, upstream: content.upstream }),
      name: ({ id }) => id
    });
  }
};

function documentId(id: string, upstream: string | null): string {
  return `submarine-experiment-${upstream === null ? '' : `${upstream}-`}${id}`;
}
