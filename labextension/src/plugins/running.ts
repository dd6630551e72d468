import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { type IRunningSessions, IRunningSessionManagers } from '@jupyterlab/running';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { experimentIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { tellError, tellRefusal } from '../tell';
import { CommandIDs, ISubmarineModel, NAMESPACE } from '../tokens';
import { refusal } from '../view/readOnly';

/** Milliseconds in which the panel is told once of all that changes. */
const PAUSE = 200;

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
    const goingOn = (): string[] => model.goingOn.map(({ experimentId }) => experimentId);
    const changed = new Signal<object, void>(model);
    let last = '';
    // Records come in bursts, of which the last one tells all.
    let looking = false;
    const look = (): void => {
      looking = false;
      const now = goingOn().join();
      if (now !== last) {
        last = now;
        changed.emit();
      }
    };
    model.changed.connect(() => {
      if (!looking) {
        looking = true;
        setTimeout(look, PAUSE);
      }
    });
    const stop = (id: string): void => {
      model.stop(id, model.upstream).catch(tellError);
    };
    const refused = (): string | null => refusal(model.upstreams.readOnly(model.upstream), trans);
    const item = (id: string): IRunningSessions.IRunningItem => ({
      label: () => model.find(id)?.spec.meta.name || id,
      labelTitle: () => id,
      detail: () => model.find(id)?.status ?? '',
      icon: () => experimentIcon,
      open: () =>
        void app.commands.execute(CommandIDs.openExperiment, { id, upstream: model.upstream }),
      // The panel asks before it calls this, and offers nothing without it.
      shutdown: refused() === null ? () => stop(id) : undefined
    });
    managers.add({
      name: trans.__('Experiments'),
      running: () => goingOn().map(item),
      shutdownAll: () => {
        const why = refused();
        if (why === null) {
          goingOn().forEach(stop);
        } else {
          tellRefusal(why);
        }
      },
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
