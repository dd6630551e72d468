import { type IMark } from './ansi';
import { type LogEditor } from './logEditor';
import { type LogLoader } from './logLoader';
import { gapAbove, gapBelow, isGap, LogWindow, note } from './logWindow';
import { type PodLog } from './podLog';
import { gapSize, type IGapRow, type ILineRow, numberOf, type Row } from './rows';

/** Rows out of view whose gap is loaded ahead of the reader. */
const AHEAD = 60;

/**
 * Shows the log of one pod: its live end, or what the reader has scrolled or jumped to.
 *
 * While it is attached, the last row is the log's last line and new ones follow it. What is not
 * loaded is a gap, which is filled from the server when the reader comes near.
 */
export class PodReader extends LogWindow {
  constructor(
    editor: LogEditor,
    private readonly _loader: LogLoader,
    private readonly _log: () => PodLog | null,
    size?: number
  ) {
    super(editor, size);
    editor.reset([]);
    editor.hasEnd = true;
  }

  /** Bring the rows up to date with the log. */
  update(): void {
    const log = this._log();
    if (!log || (log === this._shown && log.revision === this._revision)) {
      return;
    }
    if (!this._isShown(log)) {
      this._restart(log);
    } else if (this._attached) {
      this._append(log);
    }
    this._revision = log.revision;
    void this._count(log);
  }

  /** Go to the end and stay there. */
  follow(): void {
    const log = this._log();
    if (log && !this._attached) {
      this._restart(log);
    }
    this.editor.follow();
  }

  /** Load what is left out where the reader scrolls to. */
  scrolled(first: number, last: number, up: boolean): void {
    const { rows } = this.editor;
    const [begin, end] = up ? [first - AHEAD, last] : [first, last + AHEAD];
    const near = rows.slice(Math.max(0, begin), end + 1);
    const gaps = near.filter(isGap);
    const gap = up ? gaps.pop() : gaps[0];
    if (gap && (up ? gap.below : gap.above)) {
      void this.fill(gap, up);
    }
  }

  /** Load lines of a gap, from its lower or its upper edge on. */
  async fill(gap: IGapRow, up: boolean): Promise<void> {
    if (this._loading || !this._loader.isAvailable) {
      return;
    }
    this._loading = true;
    try {
      await (up && gap.below ? this._fillUp(gap, gap.below) : this._fillDown(gap));
    } finally {
      this._loading = false;
    }
  }

  /** Go to a line by its number; returns whether it is there. */
  async goTo(number: number, match: IMark | null = null, attempt?: number): Promise<boolean> {
    const log = this._log();
    const start = attempt ?? log?.segments[log.segments.length - 1]?.attempt;
    if (!log || start === undefined) {
      return false;
    }
    if (!this._isShown(log)) {
      // Else the first update would take what is jumped to for the rows of another log.
      this._restart(log);
    }
    const isWanted = (row: Row): row is ILineRow =>
      row.kind === 'line' && row.segment.attempt === start && numberOf(row) === number;
    const there = this.editor.rows.find(isWanted);
    if (there) {
      this.editor.show(there, match);
      return true;
    }
    this.editor.hold();
    const rows = await this._loader.around(log.pod, start, number);
    const found = rows?.find(isWanted);
    if (!rows || !found) {
      return false;
    }
    this._detach();
    this.editor.reset([
      ...(numberOf(rows[0]) === 0 ? [] : [gapAbove(rows[0])]),
      ...rows,
      gapBelow(rows[rows.length - 1])
    ]);
    this._tryToAttach();
    this.editor.show(found, match);
    return true;
  }

  /** Go to the line at a byte offset; returns whether it is there. */
  async goToOffset(offset: number, attempt?: number): Promise<boolean> {
    const log = this._log();
    if (!log) {
      return false;
    }
    const number = await this._loader.numberAt(log.pod, offset, attempt);
    if (number !== null) {
      return this.goTo(number, null, attempt);
    }
    const row = this._rowAt(offset, attempt);
    if (row) {
      this.editor.show(row);
    }
    return row !== null;
  }

  /** The row of a loaded line by its offset. */
  private _rowAt(offset: number, attempt?: number): ILineRow | null {
    let found: ILineRow | null = null;
    for (const row of this.editor.rows) {
      if (row.kind === 'line' && (!attempt || row.segment.attempt === attempt)) {
        if (row.offset > offset) {
          break;
        }
        found = row;
      }
    }
    return found;
  }

  private _isShown(log: PodLog): boolean {
    return log === this._shown && log.generation === this._generation;
  }

  private _restart(log: PodLog): void {
    this.editor.reset([]);
    this._shown = log;
    this._generation = log.generation;
    this._next = log.first;
    this._openRows = 0;
    this._attached = this.editor.hasEnd = true;
    this._append(log);
  }

  private _detach(): void {
    this._attached = this.editor.hasEnd = false;
    this._openRows = 0;
  }

  /** Put the log's new lines at the end. */
  private _append(log: PodLog): void {
    if (log.first > this._next) {
      // More came than the log keeps while nobody looked.
      if (this.editor.following) {
        this._restart(log);
      } else {
        this._endBelow();
      }
      return;
    }
    const { rows } = this.editor;
    const end = rows.length - this._openRows;
    const added = this._newRows(log, this.lastLine(end));
    // What was loaded may be ahead of the stream.
    const open = this._next > log.end ? null : openRow(log);
    const bottom = { at: end, remove: this._openRows, rows: open ? [...added, open] : added };
    const excess = this.editor.following ? this.excess(added.length) : 0;
    const top = excess > 0 ? this.firstLine(Math.min(excess, end)) : null;
    if (excess > 0 && !top) {
      // Nothing of what is shown stays.
      this._restart(log);
      return;
    }
    this.editor.change(
      top ? [{ at: 0, remove: top.at, rows: [gapAbove(top.row)] }, bottom] : [bottom]
    );
    this._next = Math.max(this._next, log.end);
    this._openRows = open ? 1 : 0;
    if (this.isFull && !this.editor.following) {
      this._endBelow();
    }
  }

  /** Rows of the lines from the next one on, with what stands between segments. */
  private _newRows(log: PodLog, last: ILineRow | null): Row[] {
    const rows: Row[] = [];
    let count = this._next;
    let segment = log.segmentAt(count);
    let following = log.segments.find(({ start }) => start > count);
    for (const line of log.linesFrom(count)) {
      if (following?.start === count) {
        segment = following;
        following = log.segments.find(({ start }) => start > count);
      }
      if (segment) {
        const { offset } = line;
        const row: ILineRow = { kind: 'line', line, segment, count, offset, time: undefined };
        if (segment !== last?.segment) {
          rows.push(...between(last, row));
        }
        rows.push(row);
        last = row;
      }
      count += 1;
    }
    return rows;
  }

  /** Let the rows end before the log does. */
  private _endBelow(): void {
    const last = this.lastLine(this.editor.rows.length - this._openRows);
    if (last) {
      const at = this.editor.rows.length - this._openRows;
      this.editor.change([{ at, remove: this._openRows, rows: [gapBelow(last)] }]);
      this._detach();
    }
  }

  private async _fillUp(gap: IGapRow, below: ILineRow): Promise<void> {
    const log = this._log();
    if (log && numberOf(below) === null) {
      await this._count(log);
    }
    const end = numberOf(below);
    const begin = gap.above ? numberOf(gap.above) : -1;
    if (end === null || begin === null) {
      return;
    }
    const rows = await this._loader.before(gap.pod, gap.attempt, end, begin + 1);
    const at = this.editor.rows.indexOf(gap);
    if (!rows || at === -1) {
      return;
    }
    gap.below = rows[0] ?? below;
    const isClosed = rows.length === 0 || gapSize(gap) === 0;
    this.editor.change([{ at, remove: 1, rows: [...(isClosed ? [] : [gap]), ...rows] }], below);
    if (this.isFull) {
      this.cutBottom(last => gapBelow(last as ILineRow));
      this._detach();
    }
  }

  private async _fillDown(gap: IGapRow): Promise<void> {
    const above = gap.above && numberOf(gap.above);
    if (above === null) {
      return;
    }
    const most = gapSize(gap) ?? undefined;
    const rows = await this._loader.from(
      gap.pod,
      gap.attempt,
      above + 1,
      most && Math.min(most, 1000)
    );
    const at = this.editor.rows.indexOf(gap);
    if (!rows || at === -1) {
      return;
    }
    gap.above = rows[rows.length - 1] ?? gap.above;
    const isClosed = gapSize(gap) === 0;
    this.editor.change([{ at, remove: 1, rows: [...rows, ...(isClosed ? [] : [gap])] }]);
    this._tryToAttach();
    const excess = this.excess(0);
    const top = excess > 0 ? this.firstLine(excess) : null;
    if (top) {
      this.editor.change([{ at: 0, remove: top.at, rows: [gapAbove(top.row)] }]);
    }
  }

  /** Go on with the live log when the rows have reached it. */
  private _tryToAttach(): void {
    const log = this._log();
    const last = this.editor.rows[this.editor.rows.length - 1];
    if (!log || last?.kind !== 'gap' || last.below || !last.above) {
      return;
    }
    const next = countOf(log, last.attempt, (numberOf(last.above) ?? NaN) + 1);
    if (next !== null) {
      this._next = next;
      this._openRows = 0;
      this.editor.change([{ at: this.editor.rows.length - 1, remove: 1, rows: [] }]);
      this._attached = this.editor.hasEnd = true;
      this._append(log);
    }
  }

  /** Learn the numbers of the lines, and with them what the gaps leave out. */
  private async _count(log: PodLog): Promise<void> {
    if (!(await this._loader.count(log)) || log !== this._log()) {
      return;
    }
    this.refreshGaps();
  }

  private _shown: PodLog | null = null;
  private _generation = 0;
  private _revision = -1;
  /** Count of the live line that comes next. */
  private _next = 0;
  /** How many rows at the end are an unfinished line. */
  private _openRows = 0;
  private _attached = true;
  private _loading = false;
}

/** The count at which a live log goes on with a number; null when it does not hold that place. */
function countOf(log: PodLog, attempt: number, number: number): number | null {
  const { segments } = log;
  for (const [i, segment] of segments.entries()) {
    if (segment.attempt === attempt && segment.number !== null) {
      const count = segment.start + number - segment.number;
      const end = segments[i + 1]?.start ?? Infinity;
      if (count >= Math.max(segment.start, log.first) && count <= end) {
        return count;
      }
    }
  }
  return null;
}

/** What stands between two lines of different segments. */
export function between(last: ILineRow | null, row: ILineRow): Row[] {
  const { pod, attempt } = row.segment;
  const isOther = last !== null && last.segment.attempt !== attempt;
  const rows: Row[] = isOther && attempt > 0 ? [note('attempt', attempt)] : [];
  const gap: IGapRow = { kind: 'gap', pod, attempt, above: isOther ? null : last, below: row };
  // Nothing is known of what stood before a saved line.
  return attempt > 0 && gapSize(gap) !== 0 ? [...rows, gap] : rows;
}

function openRow(log: PodLog): ILineRow | null {
  const line = log.open;
  const segment = log.segmentAt(log.end);
  return line && segment
    ? { kind: 'line', line, segment, count: log.end, offset: log.openOffset, time: undefined }
    : null;
}
