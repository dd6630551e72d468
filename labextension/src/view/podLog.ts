import { foldLine, PLAIN, type ILine, type IStyle } from './ansi';
import { leastBytes } from './bytes';
import { type ILogBatch } from './records';

/** Lines of a pod that a page keeps; the whole log is on the server. */
export const WINDOW_LINES = 20_000;

/** Characters shown of one line; a longer one is cut, and says so. */
export const LINE_CHARACTERS = 10_000;

/** What the view says inside a log, in the reader's language. */
export interface ILogTexts {
  attempt(attempt: number): string;
}

/**
 * The end of one pod's log, each line exactly once.
 *
 * Lines are counted from the first one taken in: `first` is the number of the first line kept,
 * `end` the number after the last complete one. `revision` grows with every change.
 */
export class PodLog {
  constructor(
    private readonly _texts: ILogTexts,
    private readonly _window = WINDOW_LINES
  ) {}

  /** A log shown from a saved snapshot until the first live line comes. */
  static fromSnapshot(texts: ILogTexts, lines: readonly string[]): PodLog {
    const log = new PodLog(texts);
    for (const line of lines) {
      log._push(log._fold(line));
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

  /** Whether the log has lines before the first one kept. */
  get truncated(): boolean {
    return this._startOffset > 0 || this._first > 0;
  }

  /** Lines taken in and dropped again; those before the first one taken in are not known. */
  get dropped(): number {
    return this._first;
  }

  get isEmpty(): boolean {
    return this._lines.length === 0 && !this.open;
  }

  /** Kept complete lines from number `from` on. */
  linesFrom(from: number): readonly ILine[] {
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
      this._beginAttempt(batch.attempt);
    }
    if (this._taken === 0 && this.isEmpty) {
      this._startOffset = batch.offset;
    }
    const known = this._taken;
    const end = this._takeLines(batch, known);
    if (end < known) {
      return false;
    }
    this._taken = end;
    this._partial = batch.partial ?? '';
    this._revision += 1;
    this._trim();
    return true;
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
      if (isPiece) {
        this._piece = bounded(this._piece + text);
      } else {
        this._push(this._fold(this._piece + text));
        this._piece = '';
      }
    });
    return offset;
  }

  private _beginAttempt(attempt: number): void {
    if (this._attempt >= 0 && !this.isEmpty) {
      const open = this.open;
      if (open) {
        this._push(open);
      }
      this._push({ text: this._texts.attempt(attempt), marks: [] });
    }
    this._attempt = attempt;
    this._taken = 0;
    this._piece = '';
    this._partial = '';
    this._style = PLAIN;
  }

  private _fold(raw: string): ILine {
    const { line, style } = foldLine(cut(raw), this._style);
    this._style = style;
    return line;
  }

  private _push(line: ILine): void {
    this._lines.push(line);
    this._revision += 1;
  }

  private _trim(): void {
    const excess = this._lines.length - this._window;
    if (excess > 0) {
      this._lines.splice(0, excess);
      this._first += excess;
    }
  }

  private _reset(): void {
    this._lines = [];
    this._first = 0;
    this._style = PLAIN;
    this._provisional = false;
    this._generation += 1;
    this._revision += 1;
  }

  private _lines: ILine[] = [];
  private _first = 0;
  private _revision = 0;
  private _generation = 0;
  private _attempt = -1;
  /** Least offset behind everything taken of the attempt. */
  private _taken = 0;
  private _startOffset = 0;
  /** The beginning of a line that is longer than a batch. */
  private _piece = '';
  private _partial = '';
  private _style: IStyle = PLAIN;
  private _provisional = false;
}

/** What to keep of a line that is redrawn without end, or has none. */
function bounded(piece: string): string {
  const redrawn = piece.lastIndexOf('\r', piece.length - 2);
  return (redrawn === -1 ? piece : piece.slice(redrawn + 1)).slice(0, LINE_CHARACTERS + 1);
}

function cut(raw: string): string {
  if (raw.length <= LINE_CHARACTERS) {
    return raw;
  }
  const state = bounded(raw);
  return state.length <= LINE_CHARACTERS ? state : `${state.slice(0, LINE_CHARACTERS)} …`;
}
