import { type IDisposable } from '@lumino/disposable';
import {
  type IStreamListener,
  type IStreamRecord,
  type IStreamTarget,
  type Streams
} from './streams';
import { type ILogBatch } from './view/records';

/** Lines of each pod to begin with, and to go on with after a skip. */
const FIRST_TAIL = 5_000;
const NEXT_TAIL = 1_000;

/** Bytes of live lines that may come at once, and in a second for long: more than anybody can read. */
const BURST = 2 * 1024 * 1024;
const RATE = 1024 * 1024;

/** Milliseconds without the stream after a skip: the least, and the most while it goes on so. */
const SHORTEST_PAUSE = 200;
const LONGEST_PAUSE = 500;

/** Milliseconds after which a skip is one of another burst. */
const CALM = 5_000;

/** Who is told about a paced subscription. */
export interface IPacedListener extends IStreamListener {
  /** Lines may be left out before the next record. */
  skipped(): void;
}

/**
 * Follow an experiment at no more than a reader's pace.
 *
 * When more comes than that, the rest is let go: the stream is left and taken up again at the tail
 * of the logs. What is between is on the server for those who want it. The tail itself always comes
 * whole: left for its size, it would be as large the next time, and the end would never come.
 */
export function pacedSubscription(
  streams: Pick<Streams, 'subscribe'>,
  target: Omit<IStreamTarget, 'tail' | 'after'>,
  listener: IPacedListener
): IDisposable {
  return new PacedSubscription(streams, target, listener);
}

class PacedSubscription implements IDisposable {
  constructor(
    private readonly _streams: Pick<Streams, 'subscribe'>,
    private readonly _target: Omit<IStreamTarget, 'tail' | 'after'>,
    private readonly _listener: IPacedListener
  ) {
    this._subscribe(FIRST_TAIL);
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    clearTimeout(this._timer);
    this._subscription?.dispose();
  }

  private _subscribe(tail: number): void {
    this._tail = tail;
    this._seen.clear();
    this._cost = 0;
    this._subscription = this._streams.subscribe(
      { ...this._target, tail },
      {
        record: (record, bytes) => {
          this._listener.record(record, bytes);
          if (!this._isLive(record)) {
            this._cost += bytes;
            return;
          }
          this._spend(bytes);
          if (this._allowance < 0) {
            this._skip();
          }
        },
        connection: connected => this._listener.connection(connected)
      }
    );
  }

  /** Whether a record has lines beyond the tail of their pod. */
  private _isLive(record: IStreamRecord): boolean {
    if (record.event !== 'log') {
      return false;
    }
    const { pod, lines, continued } = record.data as ILogBatch;
    const seen = this._seen.get(pod) ?? 0;
    this._seen.set(pod, seen + lines.length - (continued ? 1 : 0));
    return seen >= this._tail;
  }

  private _spend(bytes: number): void {
    const now = Date.now();
    const refilled = this._allowance + ((now - this._spentAt) / 1_000) * RATE;
    this._allowance = Math.min(BURST, refilled) - bytes;
    this._spentAt = now;
  }

  private _skip(): void {
    const now = Date.now();
    this._subscription?.dispose();
    this._pause =
      now - this._skippedAt > CALM ? SHORTEST_PAUSE : Math.min(LONGEST_PAUSE, 2 * this._pause);
    this._skippedAt = now;
    // As long as it takes to pay: what is large is asked for less often.
    const debt = Math.min(this._cost, BURST) - this._allowance;
    this._timer = setTimeout(
      () => {
        this._listener.skipped();
        this._subscribe(NEXT_TAIL);
      },
      Math.max(this._pause, (debt / RATE) * 1_000)
    );
  }

  private _subscription: IDisposable | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  /** Lines of each pod that were asked for, and that have come. */
  private _tail = 0;
  private readonly _seen = new Map<string, number>();
  /** Bytes of this subscription beside its live lines. */
  private _cost = 0;
  private _allowance = BURST;
  private _spentAt = Date.now();
  private _skippedAt = -Infinity;
  private _pause = SHORTEST_PAUSE;
  private _disposed = false;
}
