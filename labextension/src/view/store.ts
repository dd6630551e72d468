import { type ILogTexts, PodLog } from './podLog';
import { type ExperimentRecord } from './records';
import { type IExperimentSource } from './source';
import { type ISnapshot } from './snapshot';
import { type Action, EMPTY_STATE, isGone, type IViewState, reduce } from './state';

/** When listeners are told: by default once an animation frame, however much came. */
export type Scheduler = (flush: () => void) => void;

const onNextFrame: Scheduler = flush => {
  requestAnimationFrame(flush);
};

/** Holds what a view shows of one experiment, fed by its source. */
export class ExperimentStore {
  constructor(
    private readonly _texts: ILogTexts,
    private readonly _schedule: Scheduler = onNextFrame
  ) {}

  /** The state at the last flush. */
  readonly getState = (): IViewState => this._shown;

  /** Be told of each flush; the returned function ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this._listeners.add(listener);
    return () => {
      this._listeners.delete(listener);
    };
  };

  /** The log of a pod, or null as long as it has none. */
  log(pod: string): PodLog | null {
    return this._logs.get(pod) ?? null;
  }

  /** Show a snapshot until live records come. */
  showSnapshot(snapshot: ISnapshot): void {
    if (this._state.live) {
      return;
    }
    this._state = { ...this._state, experiment: snapshot.experiment, pods: snapshot.pods };
    this._shown = this._state;
    for (const pod of snapshot.pods) {
      this._logs.set(pod.name, PodLog.fromSnapshot(this._texts, pod.lines));
    }
    this._changed();
  }

  /** Follow a source instead of the one followed before. */
  connect(source: IExperimentSource): void {
    this.disconnect();
    this._source = source;
    this._unsubscribe = source.subscribe({
      records: records => this.take(records),
      connection: connected => this._dispatch({ type: 'connection', connected, now: Date.now() })
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
      log = new PodLog(this._texts);
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
