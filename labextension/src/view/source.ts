import { type ReadOnly } from './readOnly';
import { type ExperimentRecord, type IOutputFile, type IPod } from './records';

/** What a source tells its view. */
export interface ISourceListener {
  /** Records in the order of the stream. */
  records(records: readonly ExperimentRecord[]): void;
  /** The way to the server was lost, or is there again. */
  connection(connected: boolean): void;
  /** The stream goes on at the tail of the logs: lines may be left out before what comes next. */
  skipped?(): void;
}

/** Which lines of a log are wanted. */
export interface ILineRange {
  /** Number of the first one; below 0 counted from the end. */
  from?: number;
  /** Or a byte offset within it. */
  at?: number;
  count: number;
  /** Which start of the pod; the last one without. */
  attempt?: number;
}

/** A line of a log as the server answers it. */
export interface ILogLine {
  number: number;
  offset: number;
  time: string | null;
  text: string;
}

/** Lines of a log by number. */
export interface ILogLines {
  attempt: number;
  /** Above 0 when the oldest part of the log is gone. */
  firstOffset: number;
  from: number;
  total: number;
  lines: ILogLine[];
}

/** What to look for in a log. */
export interface ILogQuery {
  q: string;
  from?: number;
  limit: number;
  direction: 'forward' | 'backward';
  case: boolean;
  regex: boolean;
  attempt?: number;
}

/** A line in which something was found: from `start` to `end`, in code points. */
export interface ILogMatch extends ILogLine {
  start: number;
  end: number;
}

export interface ILogMatches {
  matches: ILogMatch[];
  /** Number of the line to go on from; null when all is searched. */
  next: number | null;
}

/** A notebook cell that an experiment runs. */
export interface IProgramText {
  /** What tracebacks call it, such as `Cell In[5]`. */
  name: string;
  /** Number of the first line of `source` in the cell, from 1. */
  firstLine: number;
  source: string;
}

/** What was submitted, as a reader can read it: values of secrets hidden. */
export interface ISubmission {
  yaml: string;
  /** The cell that the command holds, or null. */
  program: IProgramText | null;
}

/**
 * Where the view's data comes from: a WebSocket in JupyterLab, kernel messages in anywidget.
 * What a host cannot do, its source leaves out, and the view does not offer it.
 */
export interface IExperimentSource {
  /** Start delivering; the returned function ends it. */
  subscribe(listener: ISourceListener): () => void;
  /**
   * What the server can do beyond what every Submarine server can (`stop`, `files`, `raw-log` …);
   * without this method all that the source has.
   */
  features?(): Promise<ReadonlySet<string>>;
  /** What keeps the reader from changing the experiment; null where nothing does. */
  readOnly?(): Promise<ReadOnly | null>;
  /** The experiment's pods as they are now. */
  pods?(): Promise<IPod[]>;
  /** Lines of a pod's log. */
  lines?(pod: string, range: ILineRange): Promise<ILogLines>;
  /** Search a pod's whole log. */
  search?(pod: string, query: ILogQuery): Promise<ILogMatches>;
  /** End the run, keep its record and logs. */
  stop?(): Promise<void>;
  /** Delete the experiment with its logs. */
  remove?(): Promise<void>;
  /** Save a pod's whole log as a file of the reader's. */
  downloadLog?(pod: string): void;
  /** The files that the run wrote. */
  files?(): Promise<IOutputFile[]>;
  /** The bytes of a file that the run wrote. */
  readFile?(path: string): Promise<Blob>;
  /** Save a file that the run wrote as one of the reader's. */
  downloadFile?(path: string): void;
  /** What was submitted. */
  submission?(): Promise<ISubmission>;
}
