import { type IExperiment, type Status } from './records';

/** An experiment as the API answers it, for tests. */
export function experiment(
  id: string,
  status: Status,
  accepted: string | null = null
): IExperiment {
  return {
    experimentId: id,
    status,
    acceptedTime: accepted,
    createdTime: null,
    runningTime: null,
    finishedTime: null,
    spec: {
      meta: { name: `name of ${id}`, framework: 'PyTorch' },
      spec: { Worker: { replicas: 1 } }
    }
  };
}
