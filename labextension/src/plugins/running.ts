import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { type IRunningSessions, IRunningSessionManagers } from '@jupyterlab/running';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { experimentIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { CommandIDs, ISubmarineModel, NAMESPACE } from '../tokens';
import { isTerminal } from '../view/records';

/** Lists the experiments that go on among the running terminals and kernels. */
export const runningPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:running`,
  description: 'Lists the experiments that go on in the Running panel.',
  autoStart: true,
  requires: [ISubmarineModel],
  optional: [IRunningSessionManagers, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    managers: IRunningSessionManagers | null,
    translator: ITranslator | null
  ): void => {
    if (!managers) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const goingOn = (): string[] =>
      model.experiments
        .filter(({ status }) => !isTerminal(status))
        .map(({ experimentId }) => experimentId);
    const changed = new Signal<object, void>(model);
    let last = '';
    model.changed.connect(() => {
      const now = goingOn().join();
      if (now !== last) {
        last = now;
        changed.emit();
      }
    });
    const stop = (id: string): void => {
      model.stop(id, model.upstream).catch((error: unknown) => {
        Notification.error(error instanceof Error ? error.message : String(error));
      });
    };
    const item = (id: string): IRunningSessions.IRunningItem => ({
      label: () => model.find(id)?.spec.meta.name || id,
      labelTitle: () => id,
      detail: () => model.find(id)?.status ?? '',
      icon: () => experimentIcon,
      open: () =>
        void app.commands.execute(CommandIDs.openExperiment, { id, upstream: model.upstream }),
      // The panel asks before it calls this.
      shutdown: () => stop(id)
    });
    managers.add({
      name: trans.__('Experiments'),
      running: () => goingOn().map(item),
      shutdownAll: () => goingOn().forEach(stop),
      refreshRunning: () => model.start(),
      runningChanged: changed,
      shutdownLabel: trans.__('Stop'),
      shutdownAllLabel: trans.__('Stop All'),
      shutdownAllConfirmationText: trans.__(
        'Stop all experiments of the list? Their records and logs are kept.'
      )
    });
  }
};
