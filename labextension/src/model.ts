import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { ApiError, type IExperimentList, type SubmarineApi } from './api';
import { newestFirst } from './order';
import { streamSource, toldOfDeletion } from './source';
import { type Streams } from './streams';
import { Upstreams } from './upstreams';
import { type IExperiment, isTerminal, type ListRecord } from './view/records';
import { type IExperimentSource } from './view/source';

/** How the list of experiments is. */
export type ListState =
  /** Not asked for yet, or under way. */
  | { kind: 'loading' }
  /** Live. */
  | { kind: 'live' }
  /** The embedded server does not run; it starts with the next submit. It may never have run. */
  | { kind: 'stopped'; hasRun: boolean }
  /** No way to the server since then (milliseconds); it is tried again by itself. */
  | { kind: 'disconnected'; since: number }
  /** Over, with the reason; the reader can ask again. */
  | { kind: 'failed'; message: string };

/** How many run and how many wait for it. */
export interface ICounts {
  running: number;
  waiting: number;
}

/** The front end's one holder of state: the upstreams and the chosen one's experiments. */
export class SubmarineModel implements IDisposable {
  constructor(
    readonly api: SubmarineApi,
    private readonly _streams: Streams
  ) {
    this.upstreams = new Upstreams(api, _streams);
    this.upstreams.changed.connect(() => this._changed.emit());
  }

  /** The servers behind the page. */
  readonly upstreams: Upstreams;

  /** Emitted when the list, its state, the selection or the upstreams changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when an experiment that went on has ended. */
  get ended(): ISignal<this, IExperiment> {
    return this._ended;
  }

  /** The upstream whose experiments are listed; null is the default one. */
  get upstream(): string | null {
    return this._upstream;
  }

  /** Ids of the experiments that the reader selected and that are still there. */
  get selected(): readonly string[] {
    return this._selected.filter(id => this._byId.has(id));
  }

  get counts(): ICounts {
    this._counts ??= count(this._byId.values());
    return this._counts;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The experiments, newest first. */
  get experiments(): readonly IExperiment[] {
    this._sorted ??= [...this._byId.values()].sort(newestFirst);
    return this._sorted;
  }

  /** The experiments that have not ended, newest first. */
  get goingOn(): readonly IExperiment[] {
    const goingOn = [...this._byId.values()].filter(({ status }) => !isTerminal(status));
    return goingOn.sort(newestFirst);
  }

  get state(): ListState {
    return this._state;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._subscription?.dispose();
    this.upstreams.dispose();
    Signal.clearData(this);
  }

  /** Begin to watch the newest experiments, if that has not begun. */
  start(): void {
    if (!this._started) {
      void this.refresh();
    }
  }

  /** Watch all experiments, not only the newest. */
  startAll(): void {
    this._wantsAll = true;
    this.start();
    void this._readOn();
  }

  /** List another upstream. */
  choose(upstream: string | null): void {
    if (upstream !== this._upstream) {
      this._upstream = upstream;
      this._byId.clear();
      this._selected = [];
      this._setState({ kind: 'loading' });
      if (this._started) {
        void this.refresh();
      }
    }
  }

  /** Say which experiments are selected. */
  select(ids: readonly string[]): void {
    this._selected = ids;
    this._changed.emit();
  }

  /** The experiment of an id, as far as it is listed. */
  find(id: string): IExperiment | undefined {
    return this._byId.get(id);
  }

  /** Read the list anew and follow it. */
  async refresh(): Promise<void> {
    this._started = true;
    const turn = ++this._turn;
    this._next = null;
    this._gone.clear();
    this._subscription?.dispose();
    this._subscription = null;
    try {
      const { upstreams, default_upstream } = await this.upstreams.info(true);
      // A server that does not run has nothing to list; its stream begins when it is started.
      const upstream = upstreams[this._upstream ?? default_upstream];
      const stopped = upstream?.state === 'stopped';
      const page = stopped ? EMPTY_LIST : await this.api.list(this._upstream, FIRST_PAGE);
      if (turn !== this._turn || this._isDisposed) {
        return;
      }
      this._byId = new Map(
        page.experiments.map(experiment => [experiment.experimentId, experiment])
      );
      this._next = page.next;
      this._setState(
        stopped ? { kind: 'stopped', hasRun: upstream.server !== null } : { kind: 'live' }
      );
      this._follow(page.cursor);
    } catch (error) {
      if (turn === this._turn && !this._isDisposed) {
        this._onListError(error);
      }
      return;
    }
    await this._readOn();
  }

  /** An experiment to watch; `null` is the default upstream. */
  source(experimentId: string, upstream: string | null = null): IExperimentSource {
    const source = streamSource(this.api, this._streams, upstream, experimentId, () =>
      this.upstreams.askReadOnly(upstream)
    );
    return toldOfDeletion(source, experimentId, this._deleted);
  }

  async stop(experimentId: string, upstream: string | null = null): Promise<void> {
    await this.api.stop(upstream, experimentId);
  }

  async remove(experimentId: string, upstream: string | null = null): Promise<void> {
    await this.api.remove(upstream, experimentId);
  }

  /** Read the older pages, when somebody wants to see them. */
  private async _readOn(): Promise<void> {
    const turn = this._turn;
    while (this._wantsAll && this._next !== null) {
      const after = this._next;
      this._next = null;
      let page: IExperimentList;
      try {
        page = await this.api.list(this._upstream, LATER_PAGE, after);
      } catch (error) {
        if (turn === this._turn && !this._isDisposed) {
          this._next = after;
          this._onListError(error);
        }
        return;
      }
      if (turn !== this._turn || this._isDisposed) {
        return;
      }
      // What the stream told meanwhile is newer than the page.
      const unknown = page.experiments.filter(
        ({ experimentId }) => !this._byId.has(experimentId) && !this._gone.has(experimentId)
      );
      unknown.forEach(experiment => this._byId.set(experiment.experimentId, experiment));
      this._next = page.next;
      this._setState(this._state);
    }
  }

  private _follow(after: string | null): void {
    this._subscription = this._streams.subscribe(
      { upstream: this._upstream, experiment: '*', after },
      {
        record: record => this._onRecord(record as ListRecord),
        connection: connected => this._onConnection(connected)
      }
    );
  }

  private _onRecord(record: ListRecord): void {
    switch (record.event) {
      case 'error':
        this._onStreamError(record.data);
        return;
      case 'connected':
        this._onReached();
        return;
      case 'status':
        this._onStatus(record.data);
        break;
      case 'deleted':
        this._byId.delete(record.data.experimentId);
        this._gone.add(record.data.experimentId);
        this._deleted.emit(record.data.experimentId);
        break;
      case 'list':
        this._keepOnly(new Set(record.data.experimentIds));
        break;
    }
    this._setState({ kind: 'live' });
  }

  private _onStatus(experiment: IExperiment): void {
    const before = this._byId.get(experiment.experimentId);
    this._byId.set(experiment.experimentId, experiment);
    if (before && !isTerminal(before.status) && isTerminal(experiment.status)) {
      this._ended.emit(experiment);
    }
  }

  private _keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this._byId.keys()) {
      if (!ids.has(id)) {
        this._byId.delete(id);
        this._deleted.emit(id);
      }
    }
  }

  private _onConnection(connected: boolean): void {
    if (!connected) {
      this._setDisconnected();
    } else if (this._state.kind === 'disconnected') {
      this._onReached();
    }
  }

  private _onReached(): void {
    this._setState({ kind: 'live' });
    // What was away may be another server now, or another role of ours.
    this.upstreams.renew();
  }

  private _onStreamError(error: { code: string; message: string; retry: boolean }): void {
    if (error.code === 'NotStarted') {
      const hasRun = this._state.kind !== 'stopped' || this._state.hasRun;
      this._setState({ kind: 'stopped', hasRun });
    } else if (error.retry) {
      this._setDisconnected();
    } else {
      this._setState({ kind: 'failed', message: error.message });
    }
  }

  private _onListError(error: unknown): void {
    if (error instanceof ApiError && error.reason === 'NotStarted') {
      this._byId.clear();
      this._setState({ kind: 'stopped', hasRun: true });
      this._follow(null);
    } else if (error instanceof ApiError && error.reason === 'Unreachable') {
      this._setDisconnected();
      this._follow(null);
    } else {
      const message = error instanceof Error ? error.message : String(error);
      this._setState({ kind: 'failed', message });
    }
  }

  private _setDisconnected(): void {
    if (this._state.kind !== 'disconnected') {
      this._setState({ kind: 'disconnected', since: Date.now() });
    }
  }

  private _setState(state: ListState): void {
    this._state = state;
    this._sorted = null;
    this._counts = null;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, IExperiment>(this);
  private readonly _deleted = new Signal<this, string>(this);
  private _byId = new Map<string, IExperiment>();
  /** Sorted when asked for, since records come in bursts. */
  private _sorted: readonly IExperiment[] | null = null;
  private _counts: ICounts | null = null;
  /** Deleted since the list was read. */
  private readonly _gone = new Set<string>();
  private _selected: readonly string[] = [];
  /** Where the pages go on that were not asked for yet. */
  private _next: string | null = null;
  private _wantsAll = false;
  private _upstream: string | null = null;
  private _state: ListState = { kind: 'loading' };
  private _subscription: IDisposable | null = null;
  private _started = false;
  private _turn = 0;
  private _isDisposed = false;
}

/** Experiments of a page: few at first, so that they are there at once. */
const FIRST_PAGE = 200;
const LATER_PAGE = 2_000;

const EMPTY_LIST: IExperimentList = { experiments: [], cursor: null, next: null };

function count(experiments: Iterable<IExperiment>): ICounts {
  const counts = { running: 0, waiting: 0 };
  for (const { status } of experiments) {
    if (status === 'Running') {
      counts.running += 1;
    } else if (!isTerminal(status)) {
      counts.waiting += 1;
    }
  }
  return counts;
}
