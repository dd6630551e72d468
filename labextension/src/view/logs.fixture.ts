import { type ILogLines, type ILineRange, type ILogMatches, type ILogQuery } from './source';

/** A pod's log as a server answers it: a line a second from midnight on. */
export class ServedLog {
  readonly asked: ILineRange[] = [];

  /** @param most - lines of an answer */
  constructor(
    readonly texts: string[],
    private readonly _most = 5_000
  ) {}

  static numbered(count: number): ServedLog {
    return new ServedLog(Array.from({ length: count }, (_, i) => `line ${i}`));
  }

  offsetOf(number: number): number {
    return this.texts.slice(0, number).reduce((sum, text) => sum + text.length + 1, 0);
  }

  lines(range: ILineRange): ILogLines {
    this.asked.push(range);
    const at = range.at ?? null;
    const from =
      at === null
        ? (range.from ?? 0)
        : this.texts.findIndex((text, i) => at < this.offsetOf(i) + text.length + 1);
    const count = Math.min(range.count, this._most);
    return {
      attempt: range.attempt ?? 1,
      firstOffset: 0,
      from,
      total: this.texts.length,
      lines: this.texts.slice(from, from + count).map((text, i) => ({
        number: from + i,
        offset: this.offsetOf(from + i),
        time: new Date(1_000 * (from + i)).toISOString(),
        text
      }))
    };
  }

  search({ q, from, direction, limit }: ILogQuery): ILogMatches {
    const numbers = [...this.texts.keys()].filter(number => this.texts[number].includes(q));
    const wanted =
      direction === 'forward'
        ? numbers.filter(number => number >= (from ?? 0))
        : numbers.filter(number => number <= (from ?? Infinity)).reverse();
    const { lines } = this.lines({ from: 0, count: this.texts.length });
    return {
      matches: wanted.slice(0, limit).map(number => {
        const start = this.texts[number].indexOf(q);
        return { ...lines[number], start, end: start + q.length };
      }),
      next: wanted.length > limit ? wanted[limit] : null
    };
  }
}

/** Let all that was begun come to its end. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await Promise.resolve();
  }
}
