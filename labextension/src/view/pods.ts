import { type IExperiment, type IPod, type ITimelineEvent, type PodState } from './records';

/** Roles whose log nobody looks at first: they serve or judge, and the others train. */
const HELPER = /(^|-)(ps|evaluator)(-\d+)?$/i;

/** The pod to show until the reader chooses: the first that failed, else that is no helper. */
export function leadingPod(pods: readonly IPod[]): IPod | undefined {
  return (
    pods.find(({ state }) => state === 'Failed') ??
    pods.find(({ role, name }) => !HELPER.test(role || name)) ??
    pods[0]
  );
}

/** What a pod is called beside others of its experiment. */
export function podLabel({ role, index, name }: IPod): string {
  return role ? `${role} ${index}` : name;
}

/** A text without the experiment's id where that begins the name of a pod, as all of them do. */
export function shorten(text: string, experimentId: string): string {
  return text.split(`${experimentId}-`).join('');
}

/** The pods that an experiment's spec asks for, for a server that does not list them. */
export function plannedPods({ experimentId, spec }: IExperiment): IPod[] {
  return Object.entries(spec.spec).flatMap(([role, { replicas }]) =>
    Array.from({ length: replicas ?? 1 }, (_, index) => ({
      name: `${experimentId}-${role.toLowerCase()}-${index}`,
      role,
      index,
      state: 'Pending' as const
    }))
  );
}

/** The pods after something happened to one of them. */
export function afterEvent(pods: readonly IPod[], event: ITimelineEvent): readonly IPod[] {
  const { kind, pod, reason } = event;
  return kind === 'pod' && pod ? withState(pods, pod, stateAfter(reason)) : pods;
}

function stateAfter(reason: string): PodState {
  switch (reason) {
    case 'Started':
      return 'Running';
    case 'Succeeded':
    case 'Stopped':
      return reason;
    default:
      return 'Failed';
  }
}

/** The pods after one of them wrote something. */
export function afterLog(pods: readonly IPod[], name: string): readonly IPod[] {
  const pod = pods.find(other => other.name === name);
  if (!pod) {
    // A server without a list of pods is known by its logs alone.
    return [...pods, { name, role: '', index: 0, state: 'Running' }];
  }
  return pod.state === 'Pending' ? withState(pods, name, 'Running') : pods;
}

/** The pods of an experiment that is over: none of them can still run. */
export function settled(
  pods: readonly IPod[],
  status: IExperiment['status'] | undefined
): readonly IPod[] {
  const over: PodState = status === 'Succeeded' ? 'Succeeded' : 'Stopped';
  return pods.some(isOpen) ? pods.map(pod => (isOpen(pod) ? { ...pod, state: over } : pod)) : pods;
}

function isOpen({ state }: IPod): boolean {
  return state === 'Pending' || state === 'Running';
}

function withState(pods: readonly IPod[], name: string, state: PodState): readonly IPod[] {
  return pods.map(pod => (pod.name === name && pod.state !== state ? { ...pod, state } : pod));
}
