import { type ExperimentRecord, type IPod } from './records';

/** What a source tells its view. */
export interface ISourceListener {
  /** Records in the order of the stream. */
  records(records: readonly ExperimentRecord[]): void;
  /** The way to the server was lost, or is there again. */
  connection(connected: boolean): void;
}

/**
 * Where the view's data comes from: a WebSocket in JupyterLab, kernel messages in anywidget.
 * What a host cannot do, its source leaves out, and the view does not offer it.
 */
export interface IExperimentSource {
  /** Start delivering; the returned function ends it. */
  subscribe(listener: ISourceListener): () => void;
  /** The experiment's pods as they are now. */
  pods?(): Promise<IPod[]>;
  /** End the run, keep its record and logs. */
  stop?(): Promise<void>;
  /** Delete the experiment with its logs. */
  remove?(): Promise<void>;
  /** Save a pod's whole log as a file of the reader's. */
  downloadLog?(pod: string): void;
}
