import { type LogEditor } from './logEditor';
import { WINDOW_LINES } from './podLog';
import { gapSize, type IGapRow, type ILineRow, type INoteRow, type Row } from './rows';

/** Rows that a window may have beyond its size before it is cut back. */
const SLACK = 2_000;

/** What keeps the rows of a log within a window: on top and at the bottom gaps take their place. */
export class LogWindow {
  constructor(
    protected readonly editor: LogEditor,
    protected readonly size = WINDOW_LINES
  ) {}

  /** Whether there are more rows than the window is to have. */
  protected get isFull(): boolean {
    return this.editor.rows.length > this.size + SLACK;
  }

  /** How many rows at the top are to go so that `added` ones have their place. */
  protected excess(added: number): number {
    const count = this.editor.rows.length + added;
    return count > this.size + SLACK ? count - this.size : 0;
  }

  /** Where the first line is among the rows from `at` on. */
  protected firstLine(at: number): { at: number; row: ILineRow } | null {
    const { rows } = this.editor;
    for (let i = at; i < rows.length; i++) {
      const row = rows[i];
      if (row.kind === 'line') {
        return { at: i, row };
      }
    }
    return null;
  }

  /** The last line of the rows before `end`. */
  protected lastLine(end = this.editor.rows.length): ILineRow | null {
    for (let i = end - 1; i >= 0; i--) {
      const row = this.editor.rows[i];
      if (row.kind === 'line') {
        return row;
      }
    }
    return null;
  }

  /** Say again what the gaps leave out; those that leave out nothing go. */
  protected refreshGaps(): void {
    for (const gap of this.editor.rows.filter(isGap)) {
      const at = this.editor.rows.indexOf(gap);
      this.editor.change([{ at, remove: 1, rows: gapSize(gap) === 0 ? [] : [gap] }]);
    }
    this.editor.redraw();
  }

  /** Rows taken from the end until the window has its size. */
  protected cutBottom(below: (last: ILineRow | null) => Row): void {
    const { rows } = this.editor;
    const removed = rows.length - this.size;
    if (removed > 0) {
      const gap = below(this.lastLine(this.size));
      this.editor.change([{ at: this.size, remove: removed, rows: [gap] }]);
    }
  }
}

export function isGap(row: Row): row is IGapRow {
  return row.kind === 'gap';
}

export function gapBelow(last: ILineRow): IGapRow {
  const { pod, attempt } = last.segment;
  return { kind: 'gap', pod, attempt, above: last, below: null };
}

export function gapAbove(first: ILineRow): IGapRow {
  const { pod, attempt } = first.segment;
  return { kind: 'gap', pod, attempt, above: null, below: first };
}

export function note(kind: INoteRow['note'], attempt = 0): INoteRow {
  return { kind: 'note', note: kind, attempt };
}
