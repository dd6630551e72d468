import { afterEvent, afterLog, plannedPods, settled } from './pods';
import {
  type ExperimentRecord,
  type IExperiment,
  type IMetricBatch,
  type IPod,
  type IStreamError,
  type ITimelineEvent,
  type Status
} from './records';
import { type ISeries, withPoints } from './series';

/** Timeline entries a view keeps. */
const MAX_EVENTS = 500;

/** All that the view shows, the logs apart. */
export interface IViewState {
  experiment: IExperiment | null;
  pods: readonly IPod[];
  /** Whether the server lists no pods, so that spec, events and logs have to tell. */
  planned: boolean;
  events: readonly ITimelineEvent[];
  /** The metrics that were found in the logs. */
  series: readonly ISeries[];
  /** Whether everything has been delivered: nothing will follow. */
  ended: boolean;
  /** What the server last said instead of data. */
  error: IStreamError | null;
  /** Since when (milliseconds) there is no way to the server, or null. */
  disconnectedSince: number | null;
  /** Whether a live record has come; until then the view shows a snapshot. */
  live: boolean;
}

export const EMPTY_STATE: IViewState = {
  experiment: null,
  pods: [],
  planned: false,
  events: [],
  series: [],
  ended: false,
  error: null,
  disconnectedSince: null,
  live: false
};

export type Action =
  | { type: 'record'; record: ExperimentRecord; now: number }
  | { type: 'connection'; connected: boolean; now: number }
  | { type: 'pods'; pods: readonly IPod[] }
  /** The server lists no pods; these have a log. */
  | { type: 'plan'; withLog: readonly string[] };

/** The state after an action; the same object when nothing changed. */
export function reduce(state: IViewState, action: Action): IViewState {
  switch (action.type) {
    case 'record':
      return reduceRecord(state, action.record, action.now);
    case 'pods':
      // An answer given before the deletion may arrive after it.
      return settle({ ...state, planned: false, pods: action.pods });
    case 'plan':
      return plan(withPods(state, action.withLog.reduce(afterLog, plan(state).pods)));
    case 'connection':
      if (action.connected || state.ended) {
        // If the upstream is still away, the new subscription tells it anew.
        return reached(state);
      }
      return state.disconnectedSince === null ? { ...state, disconnectedSince: action.now } : state;
  }
}

function reduceRecord(state: IViewState, record: ExperimentRecord, now: number): IViewState {
  if (record.event === 'error') {
    const unreachable = record.data.retry && record.data.code !== 'NotStarted';
    return settle({
      ...state,
      error: record.data,
      experiment: record.data.code === 'NotFound' ? withStatus(state, 'Deleted') : state.experiment,
      disconnectedSince: unreachable ? (state.disconnectedSince ?? now) : null
    });
  }
  if (record.event === 'connected') {
    return reached(state);
  }
  const next = state.live ? reached(state) : { ...reached(state), live: true };
  switch (record.event) {
    case 'status':
      return next.planned
        ? plan({ ...next, experiment: record.data })
        : { ...next, experiment: record.data };
    case 'event':
      return addEvent(next, record.data);
    case 'log':
      return next.planned ? withPods(next, afterLog(next.pods, record.data.pod)) : next;
    case 'metric':
      return addPoints(next, record.data);
    case 'end':
      return settle({
        ...next,
        ended: true,
        experiment: withStatus(next, record.data.status)
      });
    default:
      // An event of a later version is passed over.
      return next;
  }
}

/** The state with a way to the server. */
function reached(state: IViewState): IViewState {
  return state.error || state.disconnectedSince !== null
    ? { ...state, error: null, disconnectedSince: null }
    : state;
}

function withStatus({ experiment }: IViewState, status: Status): IExperiment | null {
  return experiment && { ...experiment, status };
}

function withPods(state: IViewState, pods: readonly IPod[]): IViewState {
  return pods === state.pods ? state : { ...state, pods };
}

/** The state with the pods of the spec, as what is known of them tells. */
function plan(state: IViewState): IViewState {
  const { experiment, pods, events } = state;
  const expected = experiment ? plannedPods(experiment) : [];
  const known = new Map([...expected, ...pods].map(pod => [pod.name, pod]));
  return settle({
    ...state,
    planned: true,
    pods: events.reduce(afterEvent, [...known.values()])
  });
}

/** The state without pods that run, once nothing of the experiment can. */
function settle(state: IViewState): IViewState {
  const isOver = isGone(state) || (state.planned && state.ended);
  return isOver ? withPods(state, settled(state.pods, state.experiment?.status)) : state;
}

/** Whether the server does not have the experiment any more. */
export function isGone(state: IViewState): boolean {
  return state.experiment?.status === 'Deleted' || state.error?.code === 'NotFound';
}

function addEvent(state: IViewState, event: ITimelineEvent): IViewState {
  const known = state.events.some(
    other =>
      other.time === event.time &&
      other.kind === event.kind &&
      other.reason === event.reason &&
      other.pod === event.pod &&
      other.message === event.message
  );
  if (known) {
    return state;
  }
  return {
    ...state,
    events: [...state.events, event].slice(-MAX_EVENTS),
    pods: state.planned ? afterEvent(state.pods, event) : state.pods
  };
}

function addPoints(state: IViewState, batch: IMetricBatch): IViewState {
  const series = withPoints(state.series, batch);
  return series === state.series ? state : { ...state, series };
}

/** Why an experiment failed, as the newest event of its status tells; null when it did not. */
export function failure(state: IViewState): ITimelineEvent | null {
  if (state.experiment?.status !== 'Failed') {
    return null;
  }
  return newestOfStatus(state);
}

function newestOfStatus({ events }: IViewState): ITimelineEvent | null {
  for (let i = events.length - 1; i >= 0; i--) {
    if (events[i].kind === 'status') {
      return events[i];
    }
  }
  return null;
}

/** Why an experiment waits, when the newest event of its status says so. */
export function waiting(state: IViewState): string | null {
  if (state.experiment?.status !== 'Accepted') {
    return null;
  }
  return newestOfStatus(state)?.message || null;
}
