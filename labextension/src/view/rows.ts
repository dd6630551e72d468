/** The rows of a log as it is shown: lines, gaps where lines are left out, and notes. */

import { foldLine, type ILine } from './ansi';
import { cut, type ISegment } from './podLog';
import { type ILogLine } from './source';

/** A line of a pod's log. */
export interface ILineRow {
  readonly kind: 'line';
  readonly line: ILine;
  readonly segment: ISegment;
  /** Which line of the segment, counted as its `start`. */
  readonly count: number;
  readonly offset: number;
  /** When it was written; undefined as long as nobody asked, null where nobody noted it. */
  time: string | null | undefined;
  /** The same line of other pods, which is not shown again. */
  folded?: ILineRow[];
}

/** Lines that are not loaded. */
export interface IGapRow {
  readonly kind: 'gap';
  readonly pod: string;
  readonly attempt: number;
  /** The lines around it; null above: the log's beginning, null below: its end. */
  above: ILineRow | null;
  below: ILineRow | null;
}

/** What the view says between lines. */
export interface INoteRow {
  readonly kind: 'note';
  readonly note: 'attempt' | 'older' | 'newer';
  readonly attempt: number;
}

export type Row = ILineRow | IGapRow | INoteRow;

/** The number of a line in its log, counted from 0; null as long as it is not known. */
export function numberOf({ segment, count }: ILineRow): number | null {
  return segment.number === null ? null : segment.number + count - segment.start;
}

/** How many lines a gap leaves out; null as long as that is not known. */
export function gapSize({ above, below }: IGapRow): number | null {
  const first = above ? numberOf(above) : -1;
  const last = below ? numberOf(below) : null;
  return first === null || last === null ? null : Math.max(0, last - first - 1);
}

/** Rows of lines that the server answered. */
export function loadedRows(pod: string, attempt: number, lines: readonly ILogLine[]): ILineRow[] {
  // Their numbers are the counts themselves.
  const segment: ISegment = { pod, attempt, start: 0, offset: 0, number: 0 };
  return lines.map(({ text, number, offset, time }) => ({
    kind: 'line',
    line: foldLine(cut(text)).line,
    segment,
    count: number,
    offset,
    time
  }));
}
