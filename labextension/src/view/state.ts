import {
  type ExperimentRecord,
  type IExperiment,
  type IPod,
  type IStreamError,
  type ITimelineEvent
} from './records';

/** Timeline entries a view keeps. */
const MAX_EVENTS = 500;

/** The newest value of one series. */
export interface IMetricValue {
  name: string;
  pod: string;
  step: number | null;
  value: number;
}

/** All that the view shows, the logs apart. */
export interface IViewState {
  experiment: IExperiment | null;
  pods: readonly IPod[];
  events: readonly ITimelineEvent[];
  metrics: readonly IMetricValue[];
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
  events: [],
  metrics: [],
  ended: false,
  error: null,
  disconnectedSince: null,
  live: false
};

export type Action =
  | { type: 'record'; record: ExperimentRecord; now: number }
  | { type: 'connection'; connected: boolean; now: number }
  | { type: 'pods'; pods: readonly IPod[] };

/** The state after an action; the same object when nothing changed. */
export function reduce(state: IViewState, action: Action): IViewState {
  switch (action.type) {
    case 'record':
      return reduceRecord(state, action.record, action.now);
    case 'pods':
      return { ...state, pods: action.pods };
    case 'connection':
      if (action.connected || state.ended) {
        // An upstream the hub cannot reach stays so until a record tells otherwise.
        return state.disconnectedSince === null || state.error
          ? state
          : { ...state, disconnectedSince: null };
      }
      return state.disconnectedSince === null ? { ...state, disconnectedSince: action.now } : state;
  }
}

function reduceRecord(state: IViewState, record: ExperimentRecord, now: number): IViewState {
  if (record.event === 'error') {
    const unreachable = record.data.retry && record.data.code !== 'NotStarted';
    return {
      ...state,
      error: record.data,
      disconnectedSince: unreachable ? (state.disconnectedSince ?? now) : null
    };
  }
  const next =
    state.live && !state.error && state.disconnectedSince === null
      ? state
      : { ...state, live: true, error: null, disconnectedSince: null };
  switch (record.event) {
    case 'status':
      return { ...next, experiment: record.data };
    case 'event':
      return addEvent(next, record.data);
    case 'metric':
      return addMetric(next, record.data.pod, record.data.name, record.data.points);
    case 'end':
      return {
        ...next,
        ended: true,
        experiment: next.experiment && { ...next.experiment, status: record.data.status }
      };
    default:
      // Log lines live apart from the state; an event of a later version is passed over.
      return next;
  }
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
  return known ? state : { ...state, events: [...state.events, event].slice(-MAX_EVENTS) };
}

function addMetric(
  state: IViewState,
  pod: string,
  name: string,
  points: readonly [number | null, number, number][]
): IViewState {
  const point = points[points.length - 1];
  if (!point) {
    return state;
  }
  const metric = { name, pod, step: point[0], value: point[1] };
  const at = state.metrics.findIndex(other => other.name === name);
  const metrics = [...state.metrics];
  metrics.splice(at === -1 ? metrics.length : at, 1, metric);
  return { ...state, metrics };
}

/** Why an experiment failed, as the newest event of its status tells; null when it did not. */
export function failure(state: IViewState): ITimelineEvent | null {
  if (state.experiment?.status !== 'Failed') {
    return null;
  }
  for (let i = state.events.length - 1; i >= 0; i--) {
    if (state.events[i].kind === 'status') {
      return state.events[i];
    }
  }
  return null;
}

/** Why an experiment waits, when its newest event says so. */
export function waiting(state: IViewState): string | null {
  if (state.experiment?.status !== 'Accepted') {
    return null;
  }
  return state.events[state.events.length - 1]?.message || null;
}
