import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { type IInfo, type SubmarineApi } from './api';
import { readOnlyAt, silentUpstreams, upstreamOf } from './handshake';
import { type Streams } from './streams';
import { type ReadOnly } from './view/readOnly';

/** The servers behind the page, as the last handshake with the server extension tells of them. */
export class Upstreams implements IDisposable {
  constructor(
    private readonly _api: SubmarineApi,
    private readonly _streams: Streams
  ) {}

  /** Emitted at each handshake. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last handshake; null before the first. */
  get handshake(): IInfo | null {
    return this._handshake;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._awaited.forEach(subscription => subscription.dispose());
      Signal.clearData(this);
    }
  }

  /** The handshake; asked for once, and again with `fresh`. */
  info(fresh = false): Promise<IInfo> {
    if (!this._info || (fresh && !this._isPending)) {
      this._info = this._ask();
    }
    return this._info;
  }

  /** Ask again, when something may have changed; without an answer the last one stands. */
  renew(): void {
    this.info(true).catch(() => undefined);
  }

  /** The name of an upstream, also of the default one; null as long as nobody knows it. */
  async nameOf(upstream: string | null): Promise<string | null> {
    return (
      upstream ??
      this.info().then(
        ({ default_upstream }) => default_upstream,
        () => null
      )
    );
  }

  /** The name of the upstream that a server id belongs to, or null. */
  async find(server: string): Promise<string | null> {
    // A server that was started after the handshake has its id only in a new one.
    return upstreamOf(await this.info(), server) ?? upstreamOf(await this.info(true), server);
  }

  /**
   * The upstreams that have not said yet which server they are.
   *
   * When one of them answers there is a new handshake; who has asked for them can wait for it.
   */
  awaitSilent(): readonly string[] {
    const silent = this._handshake ? silentUpstreams(this._handshake) : [];
    silent.filter(name => !this._awaited.has(name)).forEach(name => this._await(name));
    return silent;
  }

  /** What keeps the reader from changing anything at an upstream, as far as it is known. */
  readOnly(upstream: string | null): ReadOnly | null {
    return this._handshake && readOnlyAt(this._handshake, upstream);
  }

  /** The same, asked for if it is not known yet. */
  async askReadOnly(upstream: string | null): Promise<ReadOnly | null> {
    return readOnlyAt(await this.info(), upstream);
  }

  private async _ask(): Promise<IInfo> {
    this._isPending = true;
    let handshake: IInfo;
    try {
      handshake = await this._api.info();
    } catch (error) {
      this._info = null;
      throw error;
    } finally {
      this._isPending = false;
    }
    this._handshake = handshake;
    this._changed.emit();
    return handshake;
  }

  /** Have a new handshake when an upstream answers: the hub tries for all pages at once. */
  private _await(upstream: string): void {
    const subscription = this._streams.subscribe(
      { upstream, experiment: '*' },
      {
        record: ({ event }) => {
          if (event !== 'error') {
            subscription.dispose();
            this._awaited.delete(upstream);
            this.renew();
          }
        },
        connection: () => undefined
      }
    );
    this._awaited.set(upstream, subscription);
  }

  private readonly _changed = new Signal<this, void>(this);
  private _handshake: IInfo | null = null;
  private _info: Promise<IInfo> | null = null;
  private _isPending = false;
  /** By upstream, of those that are waited for. */
  private readonly _awaited = new Map<string, IDisposable>();
  private _isDisposed = false;
}
