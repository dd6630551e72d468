import { type PodLog } from './podLog';
import { type ILineRow, loadedRows, numberOf } from './rows';
import { type IExperimentSource, type ILogLines } from './source';

/** Lines asked for at once. */
const CHUNK = 1_000;

/** Lines before and behind the one that is jumped to. */
const AROUND = 300;

/** Codes with which a server says that it has no such thing as lines by number. */
const UNSUPPORTED: readonly unknown[] = [404, 405, 501];

/** Loads lines of logs from the server, as far as the source can. */
export class LogLoader {
  /**
   * @param _source - where lines come from at the time
   * @param _onProblem - told why lines could not be loaded, and null when they can again
   */
  constructor(
    private readonly _source: () => Pick<IExperimentSource, 'lines'> | null,
    private readonly _onProblem: (message: string | null) => void
  ) {}

  /** Whether it is worth asking. */
  get isAvailable(): boolean {
    return this._source()?.lines !== undefined && !this._unsupported;
  }

  /** Lines that end before number `end`, and do not begin before `begin`; null when it failed. */
  async before(
    pod: string,
    attempt: number,
    end: number,
    begin = 0,
    most = CHUNK
  ): Promise<ILineRow[] | null> {
    for (let count = Math.min(most, end - begin); count > 0;) {
      const answer = await this._ask(pod, { from: end - count, count, attempt });
      if (!answer) {
        return null;
      }
      const { lines } = answer;
      if (lines.length >= count || lines.length === 0) {
        return loadedRows(pod, attempt, lines);
      }
      // Long lines fill an answer before it reaches `end`: ask for fewer.
      count = lines.length > count / 2 ? Math.ceil(count / 2) : lines.length;
    }
    return [];
  }

  /** Lines from number `begin` on; null when it failed. */
  async from(
    pod: string,
    attempt: number,
    begin: number,
    count = CHUNK
  ): Promise<ILineRow[] | null> {
    const answer = await this._ask(pod, { from: begin, count, attempt });
    return answer && loadedRows(pod, answer.attempt, answer.lines);
  }

  /** Lines around one; null when it failed. */
  async around(pod: string, attempt: number, number: number): Promise<ILineRow[] | null> {
    const begin = Math.max(0, number - AROUND);
    const rows = await this.from(pod, attempt, begin, number - begin + AROUND);
    // Long lines before it may have filled the answer.
    return rows?.some(row => numberOf(row) === number)
      ? rows
      : this.from(pod, attempt, number, AROUND);
  }

  /** The number of the line that a byte belongs to; null when it is not to be had. */
  async numberAt(pod: string, offset: number, attempt?: number): Promise<number | null> {
    const answer = await this._ask(pod, { at: offset, count: 0, ...(attempt ? { attempt } : {}) });
    return answer?.from ?? null;
  }

  /** Have the server count up to what a log holds; returns whether anything new is known. */
  async count(log: PodLog): Promise<boolean> {
    const unknown = log.segments.filter(
      segment => segment.number === null && segment.attempt > 0 && !this._asked.has(segment)
    );
    for (const segment of unknown) {
      this._asked.add(segment);
      const number = await this.numberAt(segment.pod, segment.offset, segment.attempt);
      if (number === null) {
        this._asked.delete(segment);
        return false;
      }
      log.setNumber(segment, number);
    }
    return unknown.length > 0;
  }

  /** Learn when lines were written of which that is not known; returns whether anything is. */
  async time(rows: readonly ILineRow[]): Promise<boolean> {
    const groups = new Map<string, ILineRow[]>();
    for (const row of rows) {
      if (row.time === undefined && numberOf(row) !== null) {
        const key = `${row.segment.attempt} ${row.segment.pod}`;
        groups.set(key, [...(groups.get(key) ?? []), row]);
      }
    }
    const done = await Promise.all([...groups.values()].map(group => this._timeGroup(group)));
    return done.some(Boolean);
  }

  private async _timeGroup(rows: readonly ILineRow[]): Promise<boolean> {
    const numbers = rows.map(row => numberOf(row) as number);
    const from = Math.min(...numbers);
    const count = Math.min(CHUNK, Math.max(...numbers) - from + 1);
    const { pod, attempt } = rows[0].segment;
    const answer = await this._ask(pod, { from, count, attempt });
    const times = new Map(answer?.lines.map(({ number, time }) => [number, time]));
    rows.forEach((row, i) => {
      row.time = times.get(numbers[i]);
    });
    return times.size > 0;
  }

  private async _ask(
    pod: string,
    range: Parameters<NonNullable<IExperimentSource['lines']>>[1]
  ): Promise<ILogLines | null> {
    if (!this.isAvailable) {
      return null;
    }
    try {
      const answer = await this._source()?.lines?.(pod, range);
      this._onProblem(null);
      return answer ?? null;
    } catch (error) {
      this._unsupported = UNSUPPORTED.includes((error as { code?: unknown }).code);
      this._onProblem(
        this._unsupported ? null : error instanceof Error ? error.message : String(error)
      );
      return null;
    }
  }

  private _unsupported = false;
  private readonly _asked = new WeakSet<object>();
}
