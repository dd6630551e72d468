import { EditorState, RangeSetBuilder, StateEffect, StateField, Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import { type ILine } from './ansi';
import { type PodLog } from './podLog';

/** Pixels from the end that still count as being there. */
const AT_END = 4;

const addMarks = StateEffect.define<DecorationSet>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = value.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(addMarks)) {
        next = appendMarks(next, effect.value);
      }
    }
    return next;
  },
  provide: field => EditorView.decorations.from(field)
});

/** Add decorations that all lie behind the present ones. */
function appendMarks(present: DecorationSet, added: DecorationSet): DecorationSet {
  const ranges = [];
  for (const cursor = added.iter(); cursor.value; cursor.next()) {
    ranges.push(cursor.value.range(cursor.from, cursor.to));
  }
  return ranges.length ? present.update({ add: ranges }) : present;
}

const markOf = new Map<string, Decoration>();

function decoration(className: string): Decoration {
  let mark = markOf.get(className);
  if (!mark) {
    mark = Decoration.mark({ class: className });
    markOf.set(className, mark);
  }
  return mark;
}

/** Shows the kept lines of a pod's log in a read-only editor and follows its end. */
export class LogEditor {
  constructor(
    host: HTMLElement,
    label: string,
    private readonly _onFollow: (following: boolean) => void
  ) {
    this._view = new EditorView({
      parent: host,
      state: EditorState.create({
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true' }),
          EditorState.tabSize.of(8),
          EditorView.updateListener.of(update => {
            // The end moves too when the room around the log changes.
            if (update.geometryChanged && this._following) {
              this._toEnd();
            }
          }),
          marks
        ]
      })
    });
    this._view.scrollDOM.addEventListener('scroll', this._onScroll, { passive: true });
  }

  /** Bring the shown lines up to date. */
  update(log: PodLog): void {
    if (log === this._log && log.revision === this._revision) {
      return;
    }
    const anew = log !== this._log || log.generation !== this._generation || log.first >= this._end;
    if (anew) {
      this._clear();
      this._first = this._end = log.first;
    }
    this._append(log);
    this._log = log;
    this._generation = log.generation;
    this._revision = log.revision;
    if (this._following) {
      this._toEnd();
    }
  }

  /** Go to the end and stay there. */
  follow(): void {
    this._setFollowing(true);
    this._toEnd();
  }

  dispose(): void {
    this._view.scrollDOM.removeEventListener('scroll', this._onScroll);
    this._view.destroy();
  }

  private _clear(): void {
    this._view.dispatch({ changes: { from: 0, to: this._view.state.doc.length } });
    this._openLength = 0;
  }

  /** Drop the lines that left the window, and put new ones and the open one at the end. */
  private _append(log: PodLog): void {
    const { doc } = this._view.state;
    const headEnd = doc.line(log.first - this._first + 1).from;
    const tailBegin = doc.length - this._openLength;
    const { open } = log;
    const lines = log.linesFrom(this._end);
    const isFirst = this._end === this._first;
    const { text, decorations } = layOut(
      open ? [...lines, open] : lines,
      tailBegin - headEnd,
      isFirst
    );
    this._view.dispatch({
      changes: [
        { from: 0, to: headEnd },
        { from: tailBegin, to: doc.length, insert: text }
      ],
      effects: addMarks.of(decorations)
    });
    this._first = log.first;
    this._end = log.end;
    // The open line goes with the break before it.
    this._openLength = open ? open.text.length + (log.end > log.first ? 1 : 0) : 0;
  }

  private _toEnd(): void {
    // Not `scrollIntoView`, which would scroll the notebook too.
    this._view.requestMeasure({
      key: this,
      read: view => view.scrollDOM.scrollHeight,
      write: (height, view) => {
        view.scrollDOM.scrollTop = height;
      }
    });
  }

  private readonly _onScroll = (): void => {
    const { scrollTop, clientHeight, scrollHeight } = this._view.scrollDOM;
    const atEnd = scrollTop + clientHeight >= scrollHeight - AT_END;
    if (atEnd) {
      this._setFollowing(true);
    } else if (scrollTop < this._scrollTop - 1) {
      this._setFollowing(false);
    }
    this._scrollTop = scrollTop;
  };

  private _setFollowing(following: boolean): void {
    if (following !== this._following) {
      this._following = following;
      this._onFollow(following);
    }
  }

  private readonly _view: EditorView;
  private _log: PodLog | null = null;
  private _generation = 0;
  private _revision = -1;
  /** Numbers of the first line shown, and behind the last complete one. */
  private _first = 0;
  private _end = 0;
  private _openLength = 0;
  private _following = true;
  private _scrollTop = 0;
}

/** The text of lines, to be put at position `begin`: behind others, or as the first ones. */
function layOut(
  lines: readonly ILine[],
  begin: number,
  isFirst: boolean
): { text: Text; decorations: DecorationSet } {
  const builder = new RangeSetBuilder<Decoration>();
  // A break before each line, not after: the log ends with a line and not with an empty one.
  const texts = isFirst ? [] : [''];
  let at = begin + (isFirst ? 0 : 1);
  for (const line of lines) {
    for (const mark of line.marks) {
      builder.add(at + mark.from, at + mark.to, decoration(mark.className));
    }
    texts.push(line.text);
    at += line.text.length + 1;
  }
  return {
    text: lines.length ? Text.of(texts) : Text.empty,
    decorations: builder.finish()
  };
}
