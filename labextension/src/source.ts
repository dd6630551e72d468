import { type ISignal } from '@lumino/signaling';
import { type SubmarineApi } from './api';
import { pacedSubscription } from './pacedSubscription';
import { type Streams } from './streams';
import { type ReadOnly } from './view/readOnly';
import { type ExperimentRecord } from './view/records';
import { type IExperimentSource } from './view/source';

/** An experiment of an upstream, watched through the page's WebSocket. */
export function streamSource(
  api: SubmarineApi,
  streams: Streams,
  upstream: string | null,
  experimentId: string,
  readOnly: () => Promise<ReadOnly | null>
): IExperimentSource {
  return {
    subscribe: listener => {
      const subscription = pacedSubscription(
        streams,
        { upstream, experiment: experimentId },
        {
          record: record => listener.records([record as ExperimentRecord]),
          connection: connected => listener.connection(connected),
          skipped: () => listener.skipped?.()
        }
      );
      return () => subscription.dispose();
    },
    pods: () => api.pods(upstream, experimentId),
    lines: (pod, range) => api.logLines(upstream, experimentId, pod, range),
    search: (pod, query) => api.searchLog(upstream, experimentId, pod, query),
    stop: async () => {
      await api.stop(upstream, experimentId);
    },
    remove: async () => {
      await api.remove(upstream, experimentId);
    },
    downloadLog: pod => save(api.logUrl(upstream, experimentId, pod), `${pod}.log`),
    features: () => api.features(upstream),
    readOnly,
    files: () => api.files(upstream, experimentId),
    readFile: path => api.readFile(upstream, experimentId, path),
    downloadFile: path =>
      save(api.fileUrl(upstream, experimentId, path), path.split('/').pop() ?? path),
    submission: async () => {
      const { describeSpec } = await import('./specText');
      return describeSpec((await api.get(upstream, experimentId)).spec);
    }
  };
}

/** A source that also hears from the list of a deletion: the stream of a run that is over is silent. */
export function toldOfDeletion(
  source: IExperimentSource,
  experimentId: string,
  deleted: ISignal<unknown, string>
): IExperimentSource {
  return {
    ...source,
    subscribe: listener => {
      const unsubscribe = source.subscribe(listener);
      const onDeleted = (_: unknown, id: string): void => {
        if (id === experimentId) {
          listener.records([{ event: 'end', cursor: null, data: { status: 'Deleted' } }]);
        }
      };
      deleted.connect(onDeleted);
      return () => {
        deleted.disconnect(onDeleted);
        unsubscribe();
      };
    }
  };
}

/** Have the browser save what an address answers. */
function save(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.rel = 'noopener';
  link.click();
}
