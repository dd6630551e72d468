import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { ApiError, type IExperimentList, type IInfo, type SubmarineApi } from './api';
import { streamSource } from './source';
import { type Streams } from './streams';
import { type IExperiment, type ListRecord } from './view/records';
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

/** The front end's one holder of state: the upstreams, and the default one's experiments. */
export class SubmarineModel implements IDisposable {
  constructor(
    private readonly _api: SubmarineApi,
    private readonly _streams: Streams
  ) {}

  /** Emitted when the list or its state changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The experiments, newest first. */
  get experiments(): readonly IExperiment[] {
    this._sorted ??= [...this._byId.values()].sort(newestFirst);
    return this._sorted;
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
    Signal.clearData(this);
  }

  /** Begin to watch the list, if that has not begun. */
  start(): void {
    if (!this._started) {
      this._started = true;
      void this.refresh();
    }
  }

  /** Read the list anew and follow it. */
  async refresh(): Promise<void> {
    this._started = true;
    const turn = ++this._turn;
    this._subscription?.dispose();
    this._subscription = null;
    try {
      const { upstreams, default_upstream } = await this.info(true);
      // A server that does not run has nothing to list; its stream begins when it is started.
      const upstream = upstreams[default_upstream];
      const stopped = upstream?.state === 'stopped';
      const { experiments, cursor } = stopped ? EMPTY_LIST : await this._api.list(null);
      if (turn !== this._turn || this._isDisposed) {
        return;
      }
      this._byId = new Map(experiments.map(experiment => [experiment.experimentId, experiment]));
      this._setState(
        stopped ? { kind: 'stopped', hasRun: upstream.server !== null } : { kind: 'live' }
      );
      this._follow(cursor);
    } catch (error) {
      if (turn === this._turn && !this._isDisposed) {
        this._onListError(error);
      }
    }
  }

  /** The upstreams; asked once, and again with `fresh`. */
  info(fresh = false): Promise<IInfo> {
    if (!this._info || (fresh && !this._infoPending)) {
      this._info = this._askInfo();
    }
    return this._info;
  }

  /** The name of the upstream that a server id belongs to, or null. */
  async upstreamOf(server: string): Promise<string | null> {
    // A server that was started after the handshake has its id only in a new one.
    return findUpstream(await this.info(), server) ?? findUpstream(await this.info(true), server);
  }

  /** An experiment to watch; `null` is the default upstream. */
  source(experimentId: string, upstream: string | null = null): IExperimentSource {
    return streamSource(this._api, this._streams, upstream, experimentId);
  }

  async stop(experimentId: string, upstream: string | null = null): Promise<void> {
    await this._api.stop(upstream, experimentId);
  }

  async remove(experimentId: string, upstream: string | null = null): Promise<void> {
    await this._api.remove(upstream, experimentId);
  }

  private async _askInfo(): Promise<IInfo> {
    this._infoPending = true;
    try {
      return await this._api.info();
    } catch (error) {
      this._info = null;
      throw error;
    } finally {
      this._infoPending = false;
    }
  }

  private _follow(after: string | null): void {
    this._subscription = this._streams.subscribe(
      { upstream: null, experiment: '*', after },
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
      case 'status':
        this._byId.set(record.data.experimentId, record.data);
        break;
      case 'deleted':
        this._byId.delete(record.data.experimentId);
        break;
      case 'list':
        this._keepOnly(new Set(record.data.experimentIds));
        break;
    }
    this._setState({ kind: 'live' });
  }

  private _keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this._byId.keys()) {
      if (!ids.has(id)) {
        this._byId.delete(id);
      }
    }
  }

  private _onConnection(connected: boolean): void {
    if (!connected) {
      this._setDisconnected();
    } else if (this._state.kind === 'disconnected') {
      this._setState({ kind: 'live' });
    }
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
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _byId = new Map<string, IExperiment>();
  /** Sorted when asked for, since records come in bursts. */
  private _sorted: readonly IExperiment[] | null = null;
  private _state: ListState = { kind: 'loading' };
  private _info: Promise<IInfo> | null = null;
  private _infoPending = false;
  private _subscription: IDisposable | null = null;
  private _started = false;
  private _turn = 0;
  private _isDisposed = false;
}

const EMPTY_LIST: IExperimentList = { experiments: [], cursor: null };

function findUpstream(info: IInfo, server: string): string | null {
  const match = Object.entries(info.upstreams).find(([, upstream]) => upstream.server === server);
  return match ? match[0] : null;
}

function newestFirst(one: IExperiment, other: IExperiment): number {
  const times = [one, other].map(({ acceptedTime }) => Date.parse(acceptedTime ?? '') || 0);
  return times[1] - times[0] || other.experimentId.localeCompare(one.experimentId);
}
