import { type SubmarineApi } from './api';
import { type Streams } from './streams';
import { type ExperimentRecord } from './view/records';
import { WINDOW_LINES } from './view/podLog';
import { type IExperimentSource } from './view/source';

/** An experiment of an upstream, watched through the page's WebSocket. */
export function streamSource(
  api: SubmarineApi,
  streams: Streams,
  upstream: string | null,
  experimentId: string
): IExperimentSource {
  return {
    subscribe: listener => {
      const subscription = streams.subscribe(
        { upstream, experiment: experimentId, tail: WINDOW_LINES },
        {
          record: record => listener.records([record as ExperimentRecord]),
          connection: connected => listener.connection(connected)
        }
      );
      return () => subscription.dispose();
    },
    pods: () => api.pods(upstream, experimentId),
    stop: async () => {
      await api.stop(upstream, experimentId);
    },
    remove: async () => {
      await api.remove(upstream, experimentId);
    },
    downloadLog: pod => {
      const link = document.createElement('a');
      link.href = api.logUrl(upstream, experimentId, pod);
      link.download = `${pod}.log`;
      link.rel = 'noopener';
      link.click();
    }
  };
}
