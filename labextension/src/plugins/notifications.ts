import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type SubmarineModel } from '../model';
import { isWatched } from '../onScreen';
import { type SubmarineSettings } from '../settings';
import { CommandIDs, ISubmarineModel, ISubmarineSettings, NAMESPACE } from '../tokens';
import { elapsed, formatDuration } from '../view/format';
import { type IExperiment } from '../view/records';
import { shownStatus } from '../view/statusLabel';

/** Tells when a run ends. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:notifications`,
  description: 'Tells when a run ends.',
  autoStart: true,
  requires: [ISubmarineModel, ISubmarineSettings],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    settings: SubmarineSettings,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { commands } = app;
    // Nobody may open the panel, and yet wants to hear of the end.
    void app.restored.then(() => model.start());

    const sentence = (experiment: IExperiment): string => {
      const name = experiment.spec.meta.name || experiment.experimentId;
      const milliseconds = elapsed(experiment, Date.now());
      const duration = milliseconds === null ? null : formatDuration(milliseconds, trans);
      if (experiment.status === 'Succeeded') {
        return duration === null
          ? trans.__('%1 succeeded.', name)
          : trans.__('%1 succeeded after %2.', name, duration);
      }
      if (wasStopped(experiment)) {
        return duration === null
          ? trans.__('%1 was stopped.', name)
          : trans.__('%1 was stopped after %2.', name, duration);
      }
      return duration === null
        ? trans.__('%1 failed.', name)
        : trans.__('%1 failed after %2.', name, duration);
    };
    const tellOne = (experiment: IExperiment): void => {
      const { upstream } = model;
      const type = kindOf(experiment);
      Notification.emit(sentence(experiment), type, {
        autoClose: type === 'error' ? LONG : SHORT,
        actions: [
          {
            label: trans.__('Show log'),
            caption: trans.__('Open the experiment'),
            callback: () =>
              void commands.execute(CommandIDs.openExperiment, {
                id: experiment.experimentId,
                upstream
              })
          }
        ]
      });
    };
    const tellMany = (experiments: readonly IExperiment[]): void => {
      const count = (type: Kind): number =>
        experiments.filter(experiment => kindOf(experiment) === type).length;
      const [succeeded, stopped, failed] = [count('success'), count('info'), count('error')];
      const parts = [
        succeeded > 0 ? trans._n('%1 run succeeded.', '%1 runs succeeded.', succeeded) : '',
        stopped > 0 ? trans._n('%1 run was stopped.', '%1 runs were stopped.', stopped) : '',
        failed > 0 ? trans._n('%1 run failed.', '%1 runs failed.', failed) : ''
      ];
      Notification.emit(parts.filter(Boolean).join(' '), failed > 0 ? 'error' : 'success', {
        autoClose: LONG,
        actions: [
          {
            label: trans.__('Show experiments'),
            callback: () => void commands.execute(CommandIDs.showPanel)
          }
        ]
      });
    };
    /** Tell of the ends that the reader has not seen. */
    const tell = async (experiments: readonly IExperiment[]): Promise<void> => {
      const watched = await Promise.all(
        experiments.map(({ experimentId }) => isWatched(experimentId))
      );
      const unseen = experiments.filter((_, i) => !watched[i]);
      if (unseen.length > MOST) {
        tellMany(unseen);
      } else {
        unseen.forEach(tellOne);
      }
    };
    let ended: IExperiment[] = [];
    model.ended.connect((_, experiment) => {
      if (!settings.values.notifications || experiment.status === 'Deleted') {
        return;
      }
      ended.push(experiment);
      if (ended.length > 1) {
        return;
      }
      // Runs of a sweep end together, and a wall of messages helps nobody.
      setTimeout(() => {
        void tell(ended);
        ended = [];
      }, TOGETHER);
    });
  }
};

type Kind = 'success' | 'info' | 'error';

function wasStopped(experiment: IExperiment): boolean {
  return shownStatus(experiment, experiment.reason) === 'Stopped';
}

function kindOf(experiment: IExperiment): Kind {
  if (experiment.status === 'Succeeded') {
    return 'success';
  }
  return wasStopped(experiment) ? 'info' : 'error';
}

/** Messages that are told one by one. */
const MOST = 3;

/** Milliseconds. */
const TOGETHER = 1_000;
const SHORT = 8_000;
const LONG = 20_000;
