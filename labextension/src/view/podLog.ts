import { foldLine, type ILine, type IStyle, PLAIN } from './ansi';
import { leastBytes } from './bytes';
import { type ILogBatch } from './records';

/** Lines of a pod that a page keeps; the whole log is on the server. */
export const WINDOW_LINES = 20_000;

/** Characters shown of one line; a longer one is cut, and says so. */
export const LINE_CHARACTERS = 10_000;

/** A line, and the least byte offset at which it can begin in its log. */
export interface IKeptLine extends ILine {
  readonly offset: number;
}

/**
 * Lines that follow each other in the log of one start of a pod.
 *
 * Lines are counted from the first one taken in; the number that a line has in its log is known
 * for a log read from its beginning, else the server has to count.
 */
export interface ISegment {
  readonly pod: string;
  /** Which start of the pod; 0 for lines of which nothing is known. */
  readonly attempt: number;
  /** Count of its first line. */
  readonly start: number;
  /** Byte offset of its first line. */
  readonly offset: number;
  /** Number of its first line in the log, or null as long as it is not known. */
  number: number | null;
}

/**
 * The end of one pod's log, each line exactly once.
 *
 * `first` is the count of the first line kept, `end` the count after the last complete one.
 * `revision` grows with every change.
 */
export class PodLog {
  constructor(
    readonly pod: string,
    private readonly _window = WINDOW_LINES
  ) {}

  /** A log shown from a saved snapshot until the first live line comes. */
  static fromSnapshot(pod: string, lines: readonly string[]): PodLog {
    const log = new PodLog(pod);
    log._segments = [{ pod, attempt: 0, start: 0, offset: 0, number: null }];
    for (const line of lines) {
      log._push(line);
    }
    log._provisional = true;
    return log;
  }

  get first(): number {
    return this._first;
  }

  get end(): number {
    return this._first + this._lines.length;
  }

  get revision(): number {
    return this._revision;
  }

  /** Grows when the lines shown so far are void and `first` begins anew. */
  get generation(): number {
    return this._generation;
  }

  /** What the kept lines belong to, in order; empty before the first line. */
  get segments(): readonly ISegment[] {
    return this._segments;
  }

  /** The segment of a line that is kept, or that comes next. */
  segmentAt(count: number): ISegment | undefined {
    return findLast(this._segments, ({ start }) => start <= count);
  }

  /** The least byte offset at which the unfinished line can begin. */
  get openOffset(): number {
    return this._taken;
  }

  get isEmpty(): boolean {
    return this._lines.length === 0 && !this.open;
  }

  /** Kept complete lines from count `from` on. */
  linesFrom(from: number): readonly IKeptLine[] {
    return this._lines.slice(Math.max(0, from - this._first));
  }

  /** The unfinished last line, or null. */
  get open(): ILine | null {
    const raw = this._piece + this._partial;
    return raw ? foldLine(cut(raw), this._style).line : null;
  }

  /**
   * Take in a batch.
   *
   * @returns false for a batch that was taken before; single lines taken before are passed over
   */
  take(batch: ILogBatch): boolean {
    if (this._provisional) {
      this._reset();
    }
    if (batch.attempt < this._attempt) {
      return false;
    }
    if (batch.attempt > this._attempt) {
      this._beginAttempt(batch);
    } else if (batch.anew || this._isGap(batch)) {
      this._beginSegment(batch);
    }
    this._mayGap = false;
    const known = this._taken;
    const end = this._takeLines(batch, known);
    if (end < known) {
      return false;
    }
    this._taken = end;
    this._batchOffset = batch.offset;
    this._partial = batch.partial ?? '';
    this._revision += 1;
    this._trim();
    return true;
  }

  /** What comes next may not follow what came last: the stream went on at the tail. */
  allowGap(): void {
    this._mayGap = true;
  }

  /** Set the number of a segment's first line, as the server counts. */
  setNumber(segment: ISegment, number: number): void {
    segment.number = number;
    this._revision += 1;
  }

  /** Take the lines from offset `known` on; returns the least offset behind the batch. */
  private _takeLines(batch: ILogBatch, known: number): number {
    const last = batch.lines.length - 1;
    let offset = batch.offset;
    batch.lines.forEach((text, i) => {
      const begin = offset;
      const isPiece = i === last && batch.continued === true;
      offset += leastBytes(text) + (isPiece ? 0 : 1);
      if (begin < known) {
        return;
      }
      if (!this._piece) {
        this._lineOffset = begin;
      }
      if (isPiece) {
        this._piece = bounded(this._piece + text);
      } else {
        this._push(this._piece + text, this._lineOffset);
        this._piece = '';
      }
    });
    return offset;
  }

  /** Whether lines are missing before a batch: for sure, or perhaps when that is to be expected. */
  private _isGap({ offset }: ILogBatch): boolean {
    // A byte that was replaced counts as one at least, and may be three; each line, two ends.
    const most = this._batchOffset + 3 * (this._taken - this._batchOffset);
    return offset > (this._mayGap ? this._taken : most);
  }

  private _beginAttempt(batch: ILogBatch): void {
    const raw = this._piece + this._partial;
    if (raw) {
      this._push(raw);
    }
    this._attempt = batch.attempt;
    this._beginSegment(batch);
  }

  private _beginSegment({ attempt, offset }: ILogBatch): void {
    const number = offset === 0 ? 0 : null;
    this._segments.push({ pod: this.pod, attempt, start: this.end, offset, number });
    this._taken = offset;
    this._batchOffset = offset;
    this._piece = '';
    this._partial = '';
    this._style = PLAIN;
  }

  private _push(raw: string, offset = this._taken): void {
    const { line, style } = foldLine(cut(raw), this._style);
    this._style = style;
    this._lines.push({ ...line, offset });
    this._revision += 1;
  }

  private _trim(): void {
    const excess = this._lines.length - this._window;
    if (excess > 0) {
      this._lines.splice(0, excess);
      this._first += excess;
      const kept = this._segments.findIndex(({ start }) => start > this._first);
      this._segments.splice(0, (kept === -1 ? this._segments.length : kept) - 1);
    }
  }

  private _reset(): void {
    this._lines = [];
    this._segments = [];
    this._first = 0;
    this._style = PLAIN;
    this._provisional = false;
    this._generation += 1;
    this._revision += 1;
  }

  private _lines: IKeptLine[] = [];
  private _segments: ISegment[] = [];
  private _first = 0;
  private _revision = 0;
  private _generation = 0;
  private _attempt = -1;
  /** Least offset behind everything taken of the attempt. */
  private _taken = 0;
  /** Offset of the batch that was taken last. */
  private _batchOffset = 0;
  private _mayGap = false;
  /** Offset of the line that is being put together. */
  private _lineOffset = 0;
  /** The beginning of a line that is longer than a batch. */
  private _piece = '';
  private _partial = '';
  private _style: IStyle = PLAIN;
  private _provisional = false;
}

function findLast<T>(list: readonly T[], fits: (item: T) => boolean): T | undefined {
  for (let i = list.length - 1; i >= 0; i--) {
    if (fits(list[i])) {
      return list[i];
    }
  }
  return undefined;
}

/** What to keep of a line that is redrawn without end, or has none. */
function bounded(piece: string): string {
  const redrawn = piece.lastIndexOf('\r', piece.length - 2);
  return (redrawn === -1 ? piece : piece.slice(redrawn + 1)).slice(0, LINE_CHARACTERS + 1);
}

/** A line that is too long to show, cut with a mark. */
export function cut(raw: string): string {
  if (raw.length <= LINE_CHARACTERS) {
    return raw;
  }
  const state = bounded(raw);
  return state.length <= LINE_CHARACTERS ? state : `${state.slice(0, LINE_CHARACTERS)} …`;
}
