import { HAS_CONTROL, type IMark } from './ansi';
import { type LogEditor } from './logEditor';
import { type ILineRow, type Row } from './rows';
import { type IExperimentSource, type ILogMatch, type ILogMatches } from './source';

/** Matches that are counted before it is only said that there are more. */
const MOST_COUNTED = 5_000;

/** Marks on one line. */
const MOST_MARKS = 200;

const FOUND = 'submarine-Log-found';

/** What is looked for. */
export interface IWanted {
  text: string;
  case: boolean;
  regex: boolean;
}

/** What a search has found so far. */
export interface IFound {
  /** Matching lines, as far as they are counted. */
  count: number;
  /** Whether there are no more than that. */
  isAll: boolean;
  /** Which of them is shown, counted from 1; null as long as it is not known. */
  current: number | null;
  problem: string | null;
}

export const NOTHING_FOUND: IFound = { count: 0, isAll: true, current: null, problem: null };

/** Where a shown text holds what is wanted. A pattern is left to the server: ours could take
 * time without end. */
export function marksIn(text: string, wanted: IWanted | null): readonly IMark[] {
  if (!wanted?.text || wanted.regex) {
    return [];
  }
  const [within, what] = wanted.case
    ? [text, wanted.text]
    : [text.toLowerCase(), wanted.text.toLowerCase()];
  const marks: IMark[] = [];
  // Some capital letters have small forms of another length: then no place is sure.
  if (within.length !== text.length) {
    return marks;
  }
  for (
    let at = within.indexOf(what);
    at !== -1 && marks.length < MOST_MARKS;
    at = within.indexOf(what, at + what.length)
  ) {
    marks.push({ from: at, to: at + what.length, className: FOUND });
  }
  return marks;
}

/** Where a match is in the text as shown; null when controls make the two differ. */
export function markOfMatch({ text, start, end }: ILogMatch): IMark | null {
  if (HAS_CONTROL.test(text)) {
    return null;
  }
  // The server counts code points.
  const points = [...text.slice(0, 2 * end)];
  const from = points.slice(0, start).join('').length;
  const to = from + points.slice(start, end).join('').length;
  return to > from ? { from, to, className: FOUND } : null;
}

export type Direction = 'forward' | 'backward';

/** A search in a log. */
export interface ILogSearch {
  /** Look for something else: the first match from what is in view on is shown. */
  begin(wanted: IWanted): Promise<void>;
  /** Go to the next match, or the one before. */
  go(direction: Direction): Promise<void>;
  /** Search no more. */
  end(): void;
}

/** Where matches are shown. */
export interface ISearchPlace {
  /** Number of the first line in view. */
  firstInView(): number;
  show(number: number, match: IMark | null): Promise<boolean>;
}

/** Searches the whole log of a pod on the server. */
export class ServerSearch implements ILogSearch {
  constructor(
    private readonly _search: NonNullable<IExperimentSource['search']>,
    private readonly _pod: string,
    private readonly _place: ISearchPlace,
    private readonly _onFound: (found: IFound) => void
  ) {}

  async begin(wanted: IWanted): Promise<void> {
    this._wanted = wanted;
    this._found = NOTHING_FOUND;
    this._numbers = [];
    this._at = null;
    if (!wanted.text) {
      this._tell({});
      return;
    }
    await this._jump(this._place.firstInView(), 'forward');
    if (this._wanted === wanted) {
      await this._countAll(wanted);
    }
  }

  go(direction: Direction): Promise<void> {
    const wanted = this._wanted;
    const step = async (): Promise<void> => {
      if (this._wanted === wanted) {
        const start = this._at ?? this._place.firstInView();
        await this._jump(direction === 'forward' ? start + 1 : start - 1, direction);
      }
    };
    // Keys may come faster than answers: each step begins where the one before has come to.
    this._steps = this._steps.then(step, step);
    return this._steps;
  }

  end(): void {
    this._wanted = null;
  }

  private async _jump(from: number, direction: Direction): Promise<void> {
    const wanted = this._wanted;
    const match = await this._first(from, direction);
    if (!match || this._wanted !== wanted) {
      return;
    }
    this._at = match.number;
    this._tell({});
    await this._place.show(match.number, markOfMatch(match));
  }

  /** The first match from a line on; behind the last line it goes on at the other end. */
  private async _first(from: number, direction: Direction): Promise<ILogMatch | null> {
    const wanted = this._wanted;
    let start: number | null = from < 0 ? null : from;
    for (let rounds = start === 0 || start === null ? 1 : 0; rounds < 2; rounds++) {
      do {
        const answer = await this._ask(start, direction, 1);
        if (!answer || this._wanted !== wanted) {
          return null;
        }
        if (answer.matches.length > 0) {
          return answer.matches[0];
        }
        start = answer.next;
      } while (start !== null);
    }
    return null;
  }

  private async _countAll(wanted: IWanted): Promise<void> {
    let from: number | null = 0;
    while (from !== null && this._numbers.length < MOST_COUNTED) {
      const answer = await this._ask(from, 'forward', 1_000);
      if (!answer || this._wanted !== wanted) {
        return;
      }
      this._numbers.push(...answer.matches.map(({ number }) => number));
      from = answer.next;
      this._tell({ count: this._numbers.length, isAll: from === null });
    }
  }

  private async _ask(
    from: number | null,
    direction: Direction,
    limit: number
  ): Promise<ILogMatches | null> {
    const wanted = this._wanted;
    if (!wanted) {
      return null;
    }
    try {
      return await this._search(this._pod, {
        q: wanted.text,
        ...(from === null ? {} : { from }),
        limit,
        direction,
        case: wanted.case,
        regex: wanted.regex
      });
    } catch (error) {
      if (this._wanted === wanted) {
        this._tell({ problem: error instanceof Error ? error.message : String(error) });
      }
      return null;
    }
  }

  private _tell(news: Partial<IFound>): void {
    const place = this._at === null ? -1 : this._numbers.indexOf(this._at);
    this._found = { ...this._found, ...news, current: place === -1 ? null : place + 1 };
    this._onFound(this._found);
  }

  private _wanted: IWanted | null = null;
  private _steps: Promise<void> = Promise.resolve();
  private _found = NOTHING_FOUND;
  /** The lines that match, as far as they are counted. */
  private _numbers: number[] = [];
  /** The line that was shown last. */
  private _at: number | null = null;
}

/** Searches the rows that are loaded, where there is no server to ask. */
export class WindowSearch implements ILogSearch {
  constructor(
    private readonly _editor: LogEditor,
    private readonly _onFound: (found: IFound) => void
  ) {}

  async begin(wanted: IWanted): Promise<void> {
    this._wanted = wanted;
    this._at = null;
    await this.go('forward');
  }

  async go(direction: Direction): Promise<void> {
    const wanted = this._wanted;
    const { rows } = this._editor;
    const places = wanted?.text ? [...rows.keys()].filter(i => isFound(rows[i], wanted)) : [];
    const from = this._at ? rows.indexOf(this._at) : this._editor.inView().first - 1;
    const at =
      direction === 'forward'
        ? (places.find(place => place > from) ?? places[0])
        : (places.filter(place => place < from).pop() ?? places[places.length - 1]);
    const row = at === undefined ? null : rows[at];
    this._at = row?.kind === 'line' ? row : null;
    this._onFound({
      count: places.length,
      isAll: true,
      current: at === undefined ? null : places.indexOf(at) + 1,
      problem: null
    });
    if (this._at && wanted) {
      this._editor.show(this._at, marksIn(this._at.line.text, wanted)[0] ?? null);
    }
  }

  end(): void {
    this._wanted = null;
  }

  private _wanted: IWanted | null = null;
  private _at: ILineRow | null = null;
}

function isFound(row: Row, wanted: IWanted): boolean {
  return row.kind === 'line' && marksIn(row.line.text, wanted).length > 0;
}
