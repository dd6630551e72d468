/**
 * The API's records as they arrive on a stream, and the values inside them.
 * Field names are those of the wire.
 */

export type Status = 'Accepted' | 'Created' | 'Running' | 'Succeeded' | 'Failed' | 'Deleted';

export type PodState = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Stopped';

/** One role of an experiment, as far as the view shows it. */
export interface ITaskSpec {
  replicas?: number | null;
  resources?: string | null;
}

/** An experiment, full or in its summary view. */
export interface IExperiment {
  experimentId: string;
  status: Status;
  acceptedTime: string | null;
  createdTime: string | null;
  runningTime: string | null;
  finishedTime: string | null;
  /** Why it ended; in the summary view only. */
  reason?: string | null;
  spec: {
    meta: { name?: string | null; framework?: string | null; tags?: string[] | null };
    spec: { [role: string]: ITaskSpec };
  };
}

export interface IPod {
  name: string;
  role: string;
  index: number;
  state: PodState;
  attempt?: number;
  exitCode?: number | null;
  signal?: string | null;
  reason?: string | null;
  logSize?: number | null;
}

/** An entry of an experiment's timeline. */
export interface ITimelineEvent {
  time: string;
  kind: 'status' | 'pod' | 'warning' | 'evidence';
  reason: string;
  message: string;
  pod: string | null;
}

/** Lines of one pod's log: `offset` is that of the first byte of `lines`. */
export interface ILogBatch {
  pod: string;
  attempt: number;
  offset: number;
  lines: string[];
  /** The unfinished last line so far; replaces what was shown of it. */
  partial?: string;
  /** The last element of `lines` is a piece of a line that goes on in the next batch. */
  continued?: boolean;
  /** Somebody has cut the log: offsets of this attempt begin again. */
  anew?: boolean;
}

/** Points of one series, each `[step, value, log offset]`; a value that is no number is null. */
export interface IMetricBatch {
  pod: string;
  attempt?: number;
  /** How often somebody has cut the log short; offsets begin again each time. */
  cuts?: number;
  name: string;
  points: [number | null, number | null, number][];
}

/** A file that a run wrote; its name is the run's own choice. */
export interface IOutputFile {
  path: string;
  size: number;
  modified: string;
}

/** Why a stream has no data; with `retry` it goes on by itself at its cursor. */
export interface IStreamError {
  code: string;
  message: string;
  retry: boolean;
}

interface IRecord<E extends string, D> {
  event: E;
  cursor: string | null;
  data: D;
}

/** The stream that was told to be away is there again, whether or not it has news. */
type IConnected = IRecord<'connected', null>;

/** The records of one experiment's stream. */
export type ExperimentRecord =
  | IRecord<'status', IExperiment>
  | IRecord<'event', ITimelineEvent>
  | IRecord<'log', ILogBatch>
  | IRecord<'metric', IMetricBatch>
  | IRecord<'end', { status: Status }>
  | IConnected
  | IRecord<'error', IStreamError>;

/** The records of the stream of all experiments. */
export type ListRecord =
  | IRecord<'status', IExperiment>
  | IRecord<'event', ITimelineEvent & { experimentId: string }>
  | IRecord<'deleted', { experimentId: string }>
  /** All there are, from a server that cannot tell what was deleted while nobody looked. */
  | IRecord<'list', { experimentIds: string[] }>
  | IConnected
  | IRecord<'error', IStreamError>;

const TERMINAL: readonly string[] = ['Succeeded', 'Failed', 'Deleted'];

/** Whether nothing more happens to an experiment of this status. */
export function isTerminal(status: Status): boolean {
  return TERMINAL.includes(status);
}
