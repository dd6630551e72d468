import { PodLog } from './podLog';
import { type ExperimentRecord } from './records';
import { type IExperimentSource } from './source';
import { type ISnapshot } from './snapshot';
import { type Action, EMPTY_STATE, isGone, type IViewState, reduce } from './state';

/** When listeners are told: by default with a frame of the page, however much came. */
export type Scheduler = (flush: () => void) => void;

/** Least milliseconds between two flushes, and how many times as long as one took. */
const PAUSE = 50;
const SHARE = 4;

/** Flush with a frame of the page, and so seldom that a slow page has room for its reader. */
function pacedFrames(): Scheduler {
  let notBefore = -Infinity;
  return flush => {
    const onFrame = (): void => {
      const begun = performance.now();
      notBefore = begun + PAUSE;
      flush();
      // When what was changed is drawn too.
      setTimeout(() => {
        notBefore = begun + Math.max(PAUSE, SHARE * (performance.now() - begun));
      });
    };
    const rest = notBefore - performance.now();
    if (rest > 0) {
      setTimeout(() => requestAnimationFrame(onFrame), rest);
    } else {
      requestAnimationFrame(onFrame);
    }
  };
}

/** Holds what a view shows of one experiment, fed by its source. */
export class ExperimentStore {
  constructor(private readonly _schedule: Scheduler = pacedFrames()) {}

  /** The state at the last flush. */
  readonly getState = (): IViewState => this._shown;

  /** Be told of each flush; the returned function ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this._listeners.add(listener);
    return () => {
      this._listeners.delete(listener);
    };
  };

  /** The source that is followed, or null. */
  get source(): IExperimentSource | null {
    return this._source;
  }

  /** The log of a pod, or null as long as it has none. */
  log(pod: string): PodLog | null {
    return this._logs.get(pod) ?? null;
  }

  /** The logs of all pods that have one, in the order of the pods. */
  logs(): readonly PodLog[] {
    const listed = this._state.pods.flatMap(({ name }) => this._logs.get(name) ?? []);
    return [...new Set([...listed, ...this._logs.values()])];
  }

  /** Show a snapshot until live records come. */
  showSnapshot(snapshot: ISnapshot): void {
    if (this._state.live) {
      return;
    }
    this._state = { ...this._state, experiment: snapshot.experiment, pods: snapshot.pods };
    this._shown = this._state;
    for (const pod of snapshot.pods) {
      this._logs.set(pod.name, PodLog.fromSnapshot(pod.name, pod.lines));
    }
    this._changed();
  }

  /** Follow a source instead of the one followed before. */
  connect(source: IExperimentSource): void {
    this.disconnect();
    this._source = source;
    this._unsubscribe = source.subscribe({
      records: records => this.take(records),
      connection: connected => this._dispatch({ type: 'connection', connected, now: Date.now() }),
      skipped: () => this._logs.forEach(log => log.allowGap())
    });
  }

  /** Follow no source any more. */
  disconnect(): void {
    this._unsubscribe?.();
    this._unsubscribe = null;
    this._source = null;
  }

  /** Take in records of the stream. */
  take(records: readonly ExperimentRecord[]): void {
    const now = Date.now();
    let podsChanged = !this._state.live;
    for (const record of records) {
      if (record.event === 'log') {
        podsChanged = this._takeLog(record.data.pod, record) || podsChanged;
      }
      podsChanged ||= record.event === 'end';
      podsChanged ||= record.event === 'event' && record.data.kind === 'pod';
      this._dispatch({ type: 'record', record, now });
    }
    if (podsChanged && this._state.live && !isGone(this._state)) {
      this._refreshPods();
    }
    this._changed();
  }

  /** Returns whether the pod was not known. */
  private _takeLog(pod: string, record: ExperimentRecord & { event: 'log' }): boolean {
    let log = this._logs.get(pod);
    if (!log) {
      log = new PodLog(pod);
      this._logs.set(pod, log);
    }
    log.take(record.data);
    return !this._state.planned && !this._state.pods.some(other => other.name === pod);
  }

  private _dispatch(action: Action): void {
    const next = reduce(this._state, action);
    if (next !== this._state) {
      this._state = next;
      this._changed();
    }
  }

  /** Ask for the pods; changes that come meanwhile are answered by one more question. */
  private _refreshPods(): void {
    const source = this._source;
    if (!source?.pods) {
      this._plan();
      return;
    }
    if (this._podsAsked) {
      this._podsStale = true;
      return;
    }
    this._podsAsked = true;
    this._podsStale = false;
    source
      .pods()
      .then(pods => {
        if (source === this._source) {
          this._dispatch({ type: 'pods', pods });
        }
      })
      .catch(() => {
        if (source === this._source) {
          this._plan();
        }
      })
      .finally(() => {
        this._podsAsked = false;
        if (this._podsStale) {
          this._refreshPods();
        }
      });
  }

  /** Without a list, what is known of the pods stays, and the spec tells of the others. */
  private _plan(): void {
    if (!this._state.planned) {
      this._dispatch({ type: 'plan', withLog: [...this._logs.keys()] });
    }
  }

  private _changed(): void {
    if (this._flushing) {
      return;
    }
    this._flushing = true;
    this._schedule(() => {
      this._flushing = false;
      this._shown = this._state;
      this._listeners.forEach(listener => listener());
    });
  }

  private readonly _logs = new Map<string, PodLog>();
  private readonly _listeners = new Set<() => void>();
  private _state: IViewState = EMPTY_STATE;
  private _shown: IViewState = EMPTY_STATE;
  private _source: IExperimentSource | null = null;
  private _unsubscribe: (() => void) | null = null;
  private _flushing = false;
  private _podsAsked = false;
  private _podsStale = false;
}
