import { URLExt } from '@jupyterlab/coreutils';
import { type ServerConnection } from '@jupyterlab/services';
import { type IDisposable } from '@lumino/disposable';
import { utf8Length } from './view/bytes';

/** A message of the hub for one subscription. */
export interface IStreamRecord {
  event: string;
  cursor: string | null;
  data: unknown;
}

/** What to subscribe to. */
export interface IStreamTarget {
  /** Name of the upstream, or null for the default one. */
  upstream: string | null;
  /** An experiment's id, or `*` for all of them. */
  experiment: string;
  /** Cursor to go on after. */
  after?: string | null;
  /** Lines of each pod to begin with. */
  tail?: number;
}

/** Who is told about a subscription. */
export interface IStreamListener {
  /** @param bytes - how many the record had on its way */
  record(record: IStreamRecord, bytes: number): void;
  /** The page's connection was lost, or is there again. */
  connection(connected: boolean): void;
}

interface ISubscription {
  readonly target: IStreamTarget;
  readonly listener: IStreamListener;
  cursor: string | null;
  /** Bytes taken in and not yet acknowledged. */
  unacknowledged: number;
}

type StreamSettings = Pick<
  ServerConnection.ISettings,
  'wsUrl' | 'WebSocket' | 'token' | 'appendToken'
>;

/** Milliseconds. */
const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;
const IDLE_CLOSE = 5_000;
const ACK_DELAY = 50;

/** Bytes of one subscription that are acknowledged without waiting for more. */
const ACK_BYTES = 128 * 1024;

/** How a frame of the hub begins; another order of its fields is only slower. */
const ID = /^\{"id": ?"(\d+)"/;

/**
 * The page's one WebSocket to the stream hub, shared by all subscriptions.
 *
 * It is opened by the first subscription and closed a few seconds after the last one went.
 * When it breaks it is opened again, and each subscription goes on at its last cursor.
 */
export class Streams implements IDisposable {
  constructor(private readonly _settings: StreamSettings) {}

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this._subscriptions.clear();
    this._stopRetry();
    clearTimeout(this._idleTimer);
    clearTimeout(this._ackTimer);
    this._close();
  }

  /** Subscribe; the returned object ends the subscription. */
  subscribe(target: IStreamTarget, listener: IStreamListener): IDisposable {
    const id = String(++this._lastId);
    const subscription: ISubscription = {
      target,
      listener,
      cursor: target.after ?? null,
      unacknowledged: 0
    };
    this._subscriptions.set(id, subscription);
    clearTimeout(this._idleTimer);
    if (this._isOpen()) {
      this._sendSubscribe(id, subscription);
    } else {
      if (this._failures > 0) {
        listener.connection(false);
      }
      if (this._retryTimer === undefined) {
        this._open();
      }
    }
    return new Unsubscriber(() => this._unsubscribe(id));
  }

  private _unsubscribe(id: string): void {
    if (!this._subscriptions.delete(id)) {
      return;
    }
    this._send({ op: 'unsubscribe', id });
    this._closeWhenIdle();
  }

  private _closeWhenIdle(): void {
    if (this._subscriptions.size > 0) {
      return;
    }
    clearTimeout(this._idleTimer);
    this._idleTimer = setTimeout(() => {
      this._stopRetry();
      this._failures = 0;
      this._close();
    }, IDLE_CLOSE);
  }

  private _open(): void {
    if (this._disposed || this._socket) {
      return;
    }
    const { wsUrl, token, appendToken, WebSocket: Socket } = this._settings;
    const url = URLExt.join(wsUrl, 'submarine', 'stream');
    const socket = new Socket(
      appendToken && token ? url + URLExt.objectToQueryString({ token }) : url
    );
    this._socket = socket;
    socket.onopen = () => this._onOpen();
    socket.onmessage = event => this._onMessage(event.data);
    socket.onclose = () => this._onClose();
  }

  private _close(): void {
    const socket = this._socket;
    this._socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private _onOpen(): void {
    this._failures = 0;
    this._subscriptions.forEach((subscription, id) => {
      this._sendSubscribe(id, subscription);
      subscription.listener.connection(true);
    });
  }

  private _onClose(): void {
    this._close();
    const delay = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this._failures);
    this._failures += 1;
    this._subscriptions.forEach(({ listener }) => listener.connection(false));
    this._stopRetry();
    if (this._subscriptions.size > 0) {
      // Jitter keeps many pages from coming back in the same instant.
      const jittered = delay * (0.5 + Math.random());
      this._retryTimer = setTimeout(() => {
        this._retryTimer = undefined;
        this._open();
      }, jittered);
    }
  }

  private _stopRetry(): void {
    clearTimeout(this._retryTimer);
    this._retryTimer = undefined;
  }

  private _onMessage(text: string): void {
    // What is still on its way to one that is over is not worth reading.
    const known = ID.exec(text)?.[1];
    if (known !== undefined && !this._subscriptions.has(known)) {
      return;
    }
    const { id, ...record } = JSON.parse(text) as IStreamRecord & { id: string };
    const subscription = this._subscriptions.get(id);
    if (!subscription) {
      return;
    }
    const bytes = utf8Length(text);
    if (record.cursor) {
      subscription.cursor = record.cursor;
    }
    if (isLast(record)) {
      this._subscriptions.delete(id);
      this._closeWhenIdle();
    }
    try {
      subscription.listener.record(record, bytes);
    } finally {
      this._acknowledge(id, subscription, bytes);
    }
  }

  private _acknowledge(id: string, subscription: ISubscription, bytes: number): void {
    subscription.unacknowledged += bytes;
    if (subscription.unacknowledged >= ACK_BYTES) {
      this._sendAck(id, subscription);
    } else if (this._ackTimer === undefined) {
      this._ackTimer = setTimeout(() => {
        this._ackTimer = undefined;
        this._subscriptions.forEach((other, otherId) => this._sendAck(otherId, other));
      }, ACK_DELAY);
    }
  }

  private _sendAck(id: string, subscription: ISubscription): void {
    if (subscription.unacknowledged > 0) {
      this._send({ op: 'ack', id, bytes: subscription.unacknowledged });
      subscription.unacknowledged = 0;
    }
  }

  private _sendSubscribe(id: string, subscription: ISubscription): void {
    const { upstream, experiment, tail } = subscription.target;
    const { cursor } = subscription;
    subscription.unacknowledged = 0;
    this._send({
      op: 'subscribe',
      id,
      upstream,
      experiment,
      ...(cursor ? { after: cursor } : tail ? { tail } : {})
    });
  }

  private _send(message: { op: string; [key: string]: unknown }): void {
    if (this._isOpen()) {
      this._socket?.send(JSON.stringify(message));
    }
  }

  private _isOpen(): boolean {
    // 1 is WebSocket.OPEN, which a replaced constructor need not have.
    return this._socket?.readyState === 1;
  }

  private readonly _subscriptions = new Map<string, ISubscription>();
  private _socket: WebSocket | null = null;
  private _lastId = 0;
  private _failures = 0;
  private _retryTimer: ReturnType<typeof setTimeout> | undefined;
  private _idleTimer: ReturnType<typeof setTimeout> | undefined;
  private _ackTimer: ReturnType<typeof setTimeout> | undefined;
  private _disposed = false;
}

/** Whether a record is the last one of its subscription. */
function isLast({ event, data }: IStreamRecord): boolean {
  return event === 'end' || (event === 'error' && !(data as { retry?: boolean }).retry);
}

class Unsubscriber implements IDisposable {
  constructor(private _unsubscribe: (() => void) | null) {}

  get isDisposed(): boolean {
    return this._unsubscribe === null;
  }

  dispose(): void {
    this._unsubscribe?.();
    this._unsubscribe = null;
  }
}
