/** What stands beside the lines: pod, time and number. */

import { type Extension } from '@codemirror/state';
import { type BlockInfo, type EditorView, gutter, GutterMarker } from '@codemirror/view';
import { type ILane } from './lanes';
import { isRedrawn } from './logMarks';
import { type ILineRow, numberOf, type Row } from './rows';

/** Which columns are shown. */
export interface IColumns {
  numbers: boolean;
  times: boolean;
  /** The lane of a line's pod, in a log of several pods. */
  lane: ((pod: string) => ILane) | null;
}

class Cell extends GutterMarker {
  constructor(
    private readonly _text: string,
    private readonly _title = '',
    private readonly _colour: string | null = null
  ) {
    super();
  }

  override eq(other: Cell): boolean {
    return (
      other._text === this._text && other._title === this._title && other._colour === this._colour
    );
  }

  override toDOM(): Node {
    const span = document.createElement('span');
    span.textContent = this._text;
    if (this._title) {
      span.title = this._title;
    }
    if (this._colour !== null) {
      span.style.setProperty('--submarine-lane', this._colour);
    }
    return span;
  }
}

/** The columns beside `rows`, one editor line each. */
export function columnsOf(columns: IColumns, rows: () => readonly Row[]): Extension[] {
  const { lane } = columns;
  return [
    ...(lane ? [column('submarine-Log-lanes', rows, row => laneCell(row, lane))] : []),
    ...(columns.times ? [column('submarine-Log-times', rows, timeCell, '00:00:00.000')] : []),
    ...(columns.numbers ? [column('submarine-Log-numbers', rows, numberCell)] : [])
  ];
}

function column(
  className: string,
  rows: () => readonly Row[],
  cell: (row: ILineRow) => Cell | null,
  widest?: string
): Extension {
  return gutter({
    class: className,
    lineMarker: (view: EditorView, block: BlockInfo) => {
      const row = rows()[view.state.doc.lineAt(block.from).number - 1];
      return row?.kind === 'line' ? cell(row) : null;
    },
    lineMarkerChange: isRedrawn,
    // Without it the text would jump as the first cells come.
    ...(widest ? { initialSpacer: () => new Cell(widest) } : {})
  });
}

function laneCell(row: ILineRow, lane: (pod: string) => ILane): Cell {
  const rows = [row, ...(row.folded ?? [])];
  const lanes = rows.map(({ segment }) => lane(segment.pod));
  const count = rows.length > 1 ? ` ×${rows.length}` : '';
  const title = lanes.map(({ title }) => title).join(', ');
  return new Cell(lanes[0].label + count, title, lanes[0].colour);
}

function timeCell({ time }: ILineRow): Cell | null {
  return time === undefined ? null : new Cell(time === null ? '–' : clock(time), time ?? '');
}

function numberCell(row: ILineRow): Cell | null {
  const number = numberOf(row);
  return number === null ? null : new Cell(String(number + 1));
}

/** The time of day at the reader's place, to the millisecond. */
function clock(time: string): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const whole = parts.map(part => String(part).padStart(2, '0')).join(':');
  return `${whole}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
