import { type IExperiment, type IPod, type PodState } from './records';

/** What a notebook output or a widget keeps of an experiment: data from a file, trusted by nobody. */
export interface ISnapshot {
  experiment: IExperiment;
  pods: readonly (IPod & { lines: readonly string[] })[];
  /** When it was taken. */
  time: string | null;
}

type Json = { readonly [key: string]: unknown };

/** Read a snapshot, keeping of it only what has the right type. */
export function parseSnapshot(value: unknown, experimentId: string): ISnapshot | null {
  if (!isObject(value) || !isObject(value.experiment)) {
    return null;
  }
  const { pods } = value;
  return {
    experiment: parseExperiment(value.experiment, experimentId),
    pods: Array.isArray(pods) ? pods.filter(isObject).map(parsePod) : [],
    time: text(value.time)
  };
}

function parseExperiment(value: Json, experimentId: string): IExperiment {
  const spec = isObject(value.spec) ? value.spec : {};
  const meta = isObject(spec.meta) ? spec.meta : {};
  const roles = isObject(spec.spec) ? spec.spec : {};
  return {
    experimentId,
    status: (text(value.status) ?? 'Accepted') as IExperiment['status'],
    acceptedTime: text(value.acceptedTime),
    createdTime: text(value.createdTime),
    runningTime: text(value.runningTime),
    finishedTime: text(value.finishedTime),
    spec: {
      meta: { name: text(meta.name), framework: text(meta.framework) },
      spec: Object.fromEntries(
        Object.entries(roles)
          .filter(([, task]) => isObject(task))
          .map(([role, task]) => {
            const { replicas, resources } = task as Json;
            return [role, { replicas: number(replicas), resources: text(resources) }];
          })
      )
    }
  };
}

function parsePod(value: Json): IPod & { lines: readonly string[] } {
  return {
    name: text(value.name) ?? '',
    role: text(value.role) ?? '',
    index: number(value.index) ?? 0,
    state: (text(value.state) ?? 'Pending') as PodState,
    lines: Array.isArray(value.lines) ? value.lines.filter(line => typeof line === 'string') : []
  };
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
