/** How rows are drawn: terminal colours, gaps, and what a search has found. */

import { type EditorState, type Extension, RangeSetBuilder, StateEffect } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType
} from '@codemirror/view';
import { type IMark } from './ansi';
import { type ILineRow, type Row } from './rows';

/** What is told of the rows beyond their text. */
export interface IDrawn {
  readonly rows: readonly Row[];
  /** The line that was jumped to, and where in it something was found. */
  readonly target: { row: ILineRow; match: IMark | null } | null;
  /** Where a shown text holds what is looked for. */
  find(text: string): readonly IMark[];
  /** Whose line a row is, where several pods share the log. */
  speaker(row: ILineRow): string | null;
}

/** Draw the rows again whose text has not changed. */
export const redraw = StateEffect.define<null>();

export function isRedrawn(update: ViewUpdate): boolean {
  return update.transactions.some(({ effects }) => effects.some(effect => effect.is(redraw)));
}

const marks = new Map<string, Decoration>();

function markOf(className: string): Decoration {
  let mark = marks.get(className);
  if (!mark) {
    mark = Decoration.mark({ class: className });
    marks.set(className, mark);
  }
  return mark;
}

const GAP = Decoration.line({ class: 'submarine-Log-gap' });
const NOTE = Decoration.line({ class: 'submarine-Log-note' });
const TARGET = Decoration.line({ class: 'submarine-Log-target' });

/** The pod's name for those who do not see its lane. */
class Speaker extends WidgetType {
  constructor(private readonly _name: string) {
    super();
  }

  override eq(other: Speaker): boolean {
    return other._name === this._name;
  }

  override toDOM(): HTMLElement {
    const span = document.createElement('span');
    span.className = 'submarine-visually-hidden';
    span.textContent = `${this._name}: `;
    return span;
  }
}

/** Draws only what is in view, however long the log is. */
export function drawing(drawn: IDrawn): Extension {
  return ViewPlugin.define(
    view => ({
      decorations: draw(view, drawn),
      update(update: ViewUpdate) {
        if (update.docChanged || update.viewportChanged || isRedrawn(update)) {
          this.decorations = draw(update.view, drawn);
        }
      }
    }),
    { decorations: ({ decorations }) => decorations }
  );
}

function draw(view: EditorView, drawn: IDrawn): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const number of visibleLines(view.state, view.visibleRanges)) {
    const row = drawn.rows[number - 1];
    if (row) {
      drawRow(builder, view.state.doc.line(number).from, row, drawn);
    }
  }
  return builder.finish();
}

function* visibleLines(
  { doc }: EditorState,
  ranges: readonly { from: number; to: number }[]
): Iterable<number> {
  let last = 0;
  for (const { from, to } of ranges) {
    // Of a very long line several ranges may be in view.
    for (let number = Math.max(last + 1, doc.lineAt(from).number); ; number++) {
      if (number > doc.lines || doc.line(number).from > to) {
        break;
      }
      last = number;
      yield number;
    }
  }
}

function drawRow(
  builder: RangeSetBuilder<Decoration>,
  begin: number,
  row: Row,
  drawn: IDrawn
): void {
  if (row.kind !== 'line') {
    builder.add(begin, begin, row.kind === 'gap' ? GAP : NOTE);
    return;
  }
  const isTarget = drawn.target?.row === row;
  if (isTarget) {
    builder.add(begin, begin, TARGET);
  }
  const speaker = drawn.speaker(row);
  if (speaker) {
    builder.add(begin, begin, Decoration.widget({ widget: new Speaker(speaker), side: -1 }));
  }
  const found = isTarget && drawn.target?.match ? [drawn.target.match] : drawn.find(row.line.text);
  for (const mark of merge(row.line.marks, found)) {
    builder.add(begin + mark.from, begin + mark.to, markOf(mark.className));
  }
}

/** Marks of two kinds in the order of their beginnings. */
function merge(some: readonly IMark[], others: readonly IMark[]): readonly IMark[] {
  return others.length === 0
    ? some
    : [...some, ...others].sort((one, other) => one.from - other.from || other.to - one.to);
}
