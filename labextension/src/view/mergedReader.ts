import { type LogEditor } from './logEditor';
import { type LogLoader } from './logLoader';
import { LogWindow, note } from './logWindow';
import { between } from './podReader';
import { type PodLog } from './podLog';
import { type ILineRow, numberOf, type Row } from './rows';

/** Rows out of view whose lines are loaded ahead of the reader. */
const AHEAD = 60;

/** Lines of all pods together that are loaded at once. */
const CHUNK = 1_000;

/** Rows back in which the same line of another pod is looked for. */
const FOLD_WITHIN = 200;

/** How far the view has got with one pod. */
interface IPlace {
  /** Count of the live line that comes next. */
  next: number;
  last: ILineRow | null;
  /** Start of the pod, and number of the oldest line that is shown of it; null: not to be had. */
  attempt: number;
  oldest: number | null;
}

/**
 * Shows the logs of all pods as one: earlier lines by their times, live ones as they arrive.
 *
 * Without times, from a source that has no lines by number, it begins with pod after pod.
 */
export class MergedReader extends LogWindow {
  constructor(
    editor: LogEditor,
    private readonly _loader: LogLoader,
    private readonly _logs: () => readonly PodLog[],
    private readonly _fold: boolean,
    size?: number
  ) {
    super(editor, size);
    void this._restart();
  }

  /** Bring the rows up to date with the logs. */
  update(): void {
    if (!this._attached || this._starting) {
      return;
    }
    const rows: Row[] = [];
    const open: ILineRow[] = [];
    for (const log of this._logs()) {
      rows.push(...this._newRows(log));
      open.push(...openRows(log));
      void this._count(log);
    }
    if (rows.length > 0 || open.length > 0 || this._openRows > 0) {
      this._append(rows, open);
    }
  }

  /** Go to the end and stay there. */
  follow(): void {
    if (!this._attached) {
      void this._restart();
    }
    this.editor.follow();
  }

  /** Load earlier lines when the reader comes near the top. */
  scrolled(first: number, _last: number, up: boolean): void {
    if (up && first < AHEAD) {
      void this.fill();
    }
  }

  /** Load earlier lines of all pods. */
  async fill(): Promise<void> {
    if (this._loading || !this._loader.isAvailable || this._top().length === 0) {
      return;
    }
    this._loading = true;
    try {
      await this._fill();
    } finally {
      this._loading = false;
    }
  }

  private async _fill(): Promise<void> {
    const [first] = this.editor.rows;
    const parts = await this._earlier();
    if (first !== this.editor.rows[0]) {
      // Lines have left at the top meanwhile, and these would not follow what is there now.
      return;
    }
    for (const { place, rows } of parts) {
      place.oldest = rows.length > 0 ? numberOf(rows[0]) : place.oldest;
    }
    const loaded = parts.flatMap(({ rows }) => rows);
    loaded.sort((one, other) => timeOf(one) - timeOf(other));
    const isNote = first?.kind === 'note' && first.note === 'older';
    this.editor.change(
      [{ at: 0, remove: isNote ? 1 : 0, rows: [...this._top(), ...this._foldNew(loaded, false)] }],
      this.firstLine(0)?.row ?? null
    );
    if (this.isFull && !this.editor.following) {
      this.cutBottom(() => note('newer'));
      this._detach();
    }
  }

  private async _restart(): Promise<void> {
    this._starting = true;
    this._attached = this.editor.hasEnd = true;
    this._places = new Map();
    this._openRows = 0;
    this.editor.reset([]);
    if (this._loader.isAvailable) {
      await this._begin();
    }
    this._starting = false;
    this.update();
  }

  /** Take up each pod at its end, and load what was before. */
  private async _begin(): Promise<void> {
    const logs = this._logs();
    await Promise.all(logs.map(log => this._loader.count(log)));
    for (const log of logs) {
      const segment = log.segmentAt(log.end);
      if (segment && segment.number !== null) {
        this._places.set(log.pod, {
          next: log.end,
          last: null,
          attempt: segment.attempt,
          oldest: segment.number + log.end - segment.start
        });
      }
    }
    await this.fill();
    for (const row of this.editor.rows) {
      if (row.kind === 'line') {
        for (const each of [row, ...(row.folded ?? [])]) {
          const place = this._places.get(each.segment.pod);
          if (place) {
            place.last = each;
          }
        }
      }
    }
  }

  /** Learn how many lines the stream has left out. */
  private async _count(log: PodLog): Promise<void> {
    if (await this._loader.count(log)) {
      this.refreshGaps();
    }
  }

  /**
   * The lines before those that are shown, by their times. Of each pod a part is asked for; what
   * is older than the part of any other pod reaches is left for the next time.
   */
  private async _earlier(): Promise<{ place: IPlace; rows: ILineRow[] }[]> {
    const places = [...this._places].filter(([, { oldest }]) => oldest !== null && oldest > 0);
    const each = Math.max(20, Math.ceil(CHUNK / Math.max(1, places.length)));
    const parts = await Promise.all(
      places.map(async ([pod, place]) => {
        const rows = await this._loader.before(pod, place.attempt, place.oldest ?? 0, 0, each);
        return { place, rows: rows ?? [] };
      })
    );
    const reached = parts
      .filter(({ rows }) => rows.length > 0 && numberOf(rows[0]) !== 0)
      .map(({ rows }) => timeOf(rows[0]));
    const since = Math.max(-Infinity, ...reached);
    return parts.map(({ place, rows }) => ({
      place,
      rows: rows.filter(row => timeOf(row) >= since)
    }));
  }

  private _top(): Row[] {
    const isMore = [...this._places.values()].some(({ oldest }) => oldest !== null && oldest > 0);
    return isMore ? [note('older')] : [];
  }

  private _newRows(log: PodLog): Row[] {
    const place = this._places.get(log.pod) ?? {
      next: log.first,
      last: null,
      attempt: 0,
      oldest: null
    };
    this._places.set(log.pod, place);
    const rows: Row[] = [];
    const from = Math.max(place.next, log.first);
    log.linesFrom(from).forEach((line, i) => {
      const count = from + i;
      const segment = log.segmentAt(count);
      if (segment) {
        const { offset } = line;
        const row: ILineRow = { kind: 'line', line, segment, count, offset, time: undefined };
        if (place.last && segment !== place.last.segment) {
          rows.push(...between(place.last, row));
        }
        if (place.attempt === 0) {
          place.attempt = segment.attempt;
          place.oldest = numberOf(row);
        }
        rows.push(row);
        place.last = row;
      }
    });
    place.next = log.end;
    return rows;
  }

  private _append(added: readonly Row[], open: readonly ILineRow[]): void {
    const { following } = this.editor;
    const end = this.editor.rows.length - this._openRows;
    const rows = this._foldNew(added, true);
    const excess = following ? this.excess(rows.length) : 0;
    const top = excess > 0 ? this.firstLine(Math.min(excess, end)) : null;
    if (excess > 0 && !top) {
      this._forget(end);
      this.editor.reset([note('older'), ...rows.slice(-this.size), ...open]);
    } else {
      if (top) {
        this._forget(top.at);
      }
      const bottom = { at: end, remove: this._openRows, rows: [...rows, ...open] };
      this.editor.change(
        top ? [{ at: 0, remove: top.at, rows: [note('older')] }, bottom] : [bottom]
      );
    }
    this._openRows = open.length;
    if (this.isFull && !following) {
      const at = this.editor.rows.length - this._openRows;
      this.editor.change([{ at, remove: this._openRows, rows: [note('newer')] }]);
      this._detach();
    }
  }

  private _detach(): void {
    this._attached = this.editor.hasEnd = false;
    this._openRows = 0;
  }

  /** Lines that leave at the top can be loaded again. */
  private _forget(end: number): void {
    for (let i = 0; i < end; i++) {
      const row = this.editor.rows[i];
      if (row.kind === 'line') {
        for (const each of [row, ...(row.folded ?? [])]) {
          const place = this._places.get(each.segment.pod);
          const number = numberOf(each);
          if (place && number !== null) {
            place.oldest = number + 1;
            place.attempt = each.segment.attempt;
          }
        }
      }
    }
  }

  /** Rows without those that say the same as one of another pod shortly before. */
  private _foldNew<T extends Row>(rows: readonly T[], follow: boolean): T[] {
    if (!this._fold) {
      return [...rows];
    }
    const recent = new Map<string, ILineRow>();
    const before = follow ? this.editor.rows.slice(-FOLD_WITHIN - this._openRows) : [];
    for (const row of before) {
      if (row.kind === 'line') {
        recent.set(row.line.text, row);
      }
    }
    let isFolded = false;
    const kept = rows.filter(row => {
      if (row.kind !== 'line') {
        return true;
      }
      const same = recent.get(row.line.text);
      if (same && row.line.text.trim() && !podsOf(same).includes(row.segment.pod)) {
        same.folded = [...(same.folded ?? []), row];
        isFolded = true;
        return false;
      }
      recent.set(row.line.text, row);
      return true;
    });
    if (isFolded) {
      this.editor.redraw();
    }
    return kept;
  }

  private _places = new Map<string, IPlace>();
  private _openRows = 0;
  private _attached = true;
  private _starting = false;
  private _loading = false;
}

function podsOf(row: ILineRow): string[] {
  return [row, ...(row.folded ?? [])].map(({ segment }) => segment.pod);
}

/** Milliseconds; a line of unknown time stands before all others. */
function timeOf({ time }: ILineRow): number {
  return time ? Date.parse(time) : -Infinity;
}

function openRows(log: PodLog): ILineRow[] {
  const line = log.open;
  const segment = log.segmentAt(log.end);
  return line && segment
    ? [{ kind: 'line', line, segment, count: log.end, offset: log.openOffset, time: undefined }]
    : [];
}
