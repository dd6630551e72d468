import { Compartment, EditorSelection, EditorState, Text } from '@codemirror/state';
import { EditorView, highlightSpecialChars } from '@codemirror/view';
import { type IMark } from './ansi';
import { columnsOf, type IColumns } from './logColumns';
import { drawing, type IDrawn, redraw } from './logMarks';
import { type ILineRow, type Row } from './rows';

/** Pixels from the end that still count as being there. */
const AT_END = 4;

/** Milliseconds after a wheel, key or touch in which scrolling is the reader's own. */
const BY_HAND = 1_000;

/** Marks of direction that would show a text in another order than it is written. */
const DIRECTION_MARKS = /[\u202a-\u202c\u2068]/g;

const NOTHING: readonly IMark[] = [];

/** Rows to be taken out and put in; `at` counts the rows as they were before all changes. */
export interface ISplice {
  at: number;
  remove: number;
  rows: readonly Row[];
}

/** Who is told what the reader does. */
export interface ILogReader {
  /** The end is followed, or not any more. */
  onFollow(following: boolean): void;
  /** The reader scrolled; `first` to `last` is what is in view. */
  onScroll(first: number, last: number, up: boolean): void;
  /** A row was clicked. */
  onPick(row: Row): void;
  onKey(event: KeyboardEvent): void;
}

/** Shows rows in a read-only editor, one a line, and follows their end. */
export class LogEditor implements IDrawn {
  /**
   * @param textOf - what a row reads
   */
  constructor(
    host: HTMLElement,
    label: string,
    private readonly _textOf: (row: Row) => string,
    private readonly _reader: ILogReader
  ) {
    this._view = new EditorView({
      parent: host,
      state: EditorState.create({
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({
            'aria-label': label,
            'aria-readonly': 'true',
            'aria-multiline': 'true',
            // It takes the focus as it is; this says so to what reads the page.
            tabindex: '0',
            spellcheck: 'false'
          }),
          EditorState.tabSize.of(8),
          highlightSpecialChars({ addSpecialChars: DIRECTION_MARKS }),
          EditorView.updateListener.of(update => {
            // The end moves too when the room around the log changes.
            if (update.geometryChanged && this._following) {
              this._toEnd();
            }
          }),
          EditorView.domEventHandlers({
            keydown: event => this._onKey(event),
            click: event => this._onClick(event)
          }),
          drawing(this),
          this._columns.of([]),
          this._wrapping.of([])
        ]
      })
    });
    const { scrollDOM } = this._view;
    scrollDOM.addEventListener('scroll', this._onScroll, { passive: true });
    for (const name of ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const) {
      scrollDOM.addEventListener(name, this._onHand, { passive: true });
    }
    document.addEventListener('pointerup', this._onRelease);
  }

  get rows(): readonly Row[] {
    return this._rows;
  }

  get following(): boolean {
    return this._following;
  }

  get target(): IDrawn['target'] {
    return this._target;
  }

  find: IDrawn['find'] = () => NOTHING;

  speaker: IDrawn['speaker'] = () => null;

  /** Whether the last row is the end of what there is, so that it can be followed. */
  hasEnd = true;

  /**
   * Take rows out and put others in.
   *
   * @param splices - in ascending order, not touching each other
   * @param kept - a row that is to stay where the reader sees it
   */
  change(splices: readonly ISplice[], kept: Row | null = null): void {
    if (this._isDisposed) {
      return;
    }
    const place = kept && this._placeOf(kept);
    const before = this._rows.length;
    const { doc } = this._view.state;
    const removed = splices.reduce((sum, { remove }) => sum + remove, 0);
    const next = [...this._rows];
    for (const { at, remove, rows } of [...splices].reverse()) {
      next.splice(at, remove, ...rows);
    }
    this._rows = next;
    this._view.dispatch({
      changes:
        removed === before
          ? { from: 0, to: doc.length, insert: Text.of(this._texts(next, next.length === 0)) }
          : splices.map(splice => this._changeOf(splice, before, doc))
    });
    if (this._following) {
      this._toEnd();
    } else if (kept && place !== null) {
      this._putAt(kept, place, 2);
    }
  }

  /** Put all rows in place of those there are. */
  reset(rows: readonly Row[]): void {
    this.change([{ at: 0, remove: this._rows.length, rows }]);
  }

  /** Draw again what stands beside and over the texts. */
  redraw(): void {
    if (!this._isDisposed) {
      this._view.dispatch({ effects: redraw.of(null) });
    }
  }

  setColumns(columns: IColumns): void {
    this._view.dispatch({
      effects: this._columns.reconfigure(columnsOf(columns, () => this._rows))
    });
  }

  setWrapping(on: boolean): void {
    this._view.dispatch({
      effects: this._wrapping.reconfigure(on ? EditorView.lineWrapping : [])
    });
  }

  /** Go to the end and stay there. */
  follow(): void {
    this._target = null;
    this._setFollowing(true);
    this._toEnd();
    this.redraw();
  }

  /** Stay where the reader is. */
  hold(): void {
    this._setFollowing(false);
  }

  /** Bring a line into view, and tell it from others. */
  show(row: ILineRow, match: IMark | null = null): void {
    this.hold();
    this._target = { row, match };
    this.redraw();
    this._scrollTo(row, match, 3);
  }

  /** Copy what is selected, or else all rows. */
  copied(): string {
    const { state } = this._view;
    const { from, to, empty } = state.selection.main;
    return empty ? state.doc.toString() : state.sliceDoc(from, to);
  }

  /** Which rows are in view, the last one included. */
  inView(): { first: number; last: number } {
    const { scrollTop, clientHeight } = this._view.scrollDOM;
    const rowAt = (height: number): number =>
      this._view.state.doc.lineAt(this._view.lineBlockAtHeight(height).from).number - 1;
    const top = scrollTop - this._view.contentDOM.offsetTop;
    return { first: rowAt(top), last: rowAt(top + clientHeight) };
  }

  scrollByPages(pages: number): void {
    const { scrollDOM } = this._view;
    if (pages < 0 && scrollDOM.scrollTop > 0) {
      this.hold();
    }
    scrollDOM.scrollTop += pages * scrollDOM.clientHeight;
  }

  focus(): void {
    this._view.contentDOM.focus({ preventScroll: true });
  }

  /** What is still being loaded comes to nothing. */
  dispose(): void {
    this._isDisposed = true;
    document.removeEventListener('pointerup', this._onRelease);
    this._view.destroy();
  }

  private _changeOf(
    { at, remove, rows }: ISplice,
    before: number,
    doc: Text
  ): { from: number; to: number; insert: Text } {
    // At the end the break stands before each line, elsewhere after it: no line is empty.
    const isEnd = at + remove === before;
    const texts = this._texts(rows, false);
    if (isEnd) {
      return {
        from: doc.line(at).to,
        to: doc.length,
        insert: texts.length ? Text.of(['', ...texts]) : Text.empty
      };
    }
    return {
      from: doc.line(at + 1).from,
      to: doc.line(at + remove + 1).from,
      insert: texts.length ? Text.of([...texts, '']) : Text.empty
    };
  }

  private _texts(rows: readonly Row[], orEmpty: boolean): string[] {
    return orEmpty ? [''] : rows.map(this._textOf);
  }

  /** How far a row is from the upper edge of what is in view. */
  private _placeOf(row: Row): number | null {
    const at = this._rows.indexOf(row);
    const { state, scrollDOM } = this._view;
    return at === -1
      ? null
      : this._view.lineBlockAt(state.doc.line(at + 1).from).top - scrollDOM.scrollTop;
  }

  private _putAt(row: Row, place: number, times: number): void {
    const now = this._placeOf(row);
    if (now !== null && times > 0) {
      this._view.scrollDOM.scrollTop += now - place;
      this._view.requestMeasure({
        read: () => null,
        write: () => this._putAt(row, place, times - 1)
      });
    }
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

  /** Lines that were never in view have heights that are only guessed: look again when drawn. */
  private _scrollTo(row: ILineRow, match: IMark | null, times: number): void {
    const at = this._rows.indexOf(row);
    if (at === -1 || times === 0) {
      return;
    }
    const { scrollDOM, state } = this._view;
    const line = state.doc.line(at + 1);
    const block = this._view.lineBlockAt(line.from);
    scrollDOM.scrollTop = block.top - Math.max(0, (scrollDOM.clientHeight - block.height) / 2);
    this._view.requestMeasure({
      read: view => (match ? view.coordsAtPos(line.from + match.from) : null),
      write: place => {
        const box = scrollDOM.getBoundingClientRect();
        if (place && (place.left > box.right - 40 || place.left < box.left)) {
          scrollDOM.scrollLeft += place.left - box.left - box.width / 2;
        }
        this._scrollTo(row, match, times - 1);
      }
    });
  }

  private _onKey(event: KeyboardEvent): boolean {
    if ((event.ctrlKey || event.metaKey) && event.key === 'a') {
      const end = this._view.state.doc.length;
      this._view.dispatch({ selection: EditorSelection.single(0, end) });
      return true;
    }
    this._reader.onKey(event);
    return event.defaultPrevented;
  }

  private _onClick(event: MouseEvent): boolean {
    if (!this._view.state.selection.main.empty) {
      return false;
    }
    const at = this._view.posAtCoords({ x: event.clientX, y: event.clientY });
    const row = at === null ? undefined : this._rows[this._view.state.doc.lineAt(at).number - 1];
    if (row) {
      this._reader.onPick(row);
    }
    return false;
  }

  private readonly _onHand = (event: Event): void => {
    this._handAt = event.timeStamp;
    this._held ||= event.type === 'pointerdown';
    // A busy page scrolls some time after the wheel was turned.
    if (event instanceof WheelEvent && event.deltaY < 0 && this._view.scrollDOM.scrollTop > 0) {
      this.hold();
    }
  };

  private readonly _onRelease = (): void => {
    this._held = false;
  };

  /** Only a reader lets go of the end, not the lines that come and go. */
  private readonly _onScroll = (event: Event): void => {
    const { scrollTop, clientHeight, scrollHeight } = this._view.scrollDOM;
    const isUp = scrollTop < this._scrollTop - 1;
    const moved = Math.abs(scrollTop - this._scrollTop) > 1;
    this._scrollTop = scrollTop;
    if (!moved || !(this._held || event.timeStamp - this._handAt < BY_HAND)) {
      return;
    }
    if (isUp) {
      this._setFollowing(false);
    } else if (this.hasEnd && scrollTop + clientHeight >= scrollHeight - AT_END) {
      this._setFollowing(true);
    }
    const { first, last } = this.inView();
    this._reader.onScroll(first, last, isUp);
  };

  private _setFollowing(following: boolean): void {
    if (following !== this._following) {
      this._following = following;
      this._reader.onFollow(following);
    }
  }

  private readonly _columns = new Compartment();
  private readonly _wrapping = new Compartment();
  private readonly _view: EditorView;
  private _rows: Row[] = [];
  private _target: IDrawn['target'] = null;
  private _following = true;
  private _isDisposed = false;
  private _scrollTop = 0;
  /** When the reader last touched wheel, keys or screen, and whether a pointer is down. */
  private _handAt = -Infinity;
  private _held = false;
}
