/** A line of a program that a log names. */
export interface ICodePlace {
  /** What tracebacks call the program, such as `Cell In[5]`. */
  name: string;
  /** Its line, from 1. */
  line: number;
  /** What the traceback shows of that line, without its indentation, or null. */
  code: string | null;
}

/** A piece of a line, with the place that it names or null. */
export interface IPiece {
  text: string;
  place: ICodePlace | null;
}

const FRAME = /^(\s*File "((?:Cell|cell)[^"]{0,100})", line (\d{1,7}))(.*)$/;

const BEGIN = 'Traceback (most recent call last):';

/** Lines of a log, those that name a line of the cell taken apart. */
export function readTraceback(lines: readonly string[]): IPiece[][] {
  return lines.map((line, i) => {
    const frame = FRAME.exec(line);
    if (!frame) {
      return [{ text: line, place: null }];
    }
    const [, head, name, number, rest] = frame;
    const code = lines[i + 1]?.startsWith('    ') ? lines[i + 1].trim() : null;
    const begin = head.indexOf('File');
    return [
      { text: head.slice(0, begin), place: null },
      { text: head.slice(begin), place: { name, line: Number(number), code } },
      { text: rest, place: null }
    ];
  });
}

/** The place of the cell that was nearest to where an error was raised, or null. */
export function raisedAt(lines: readonly string[]): ICodePlace | null {
  // The first error of a chain is the cause of the others, but the last one ended the program.
  const begin = lines.lastIndexOf(BEGIN);
  const frames = readTraceback(lines.slice(Math.max(0, begin)));
  for (let i = frames.length - 1; i >= 0; i--) {
    const found = frames[i].find(({ place }) => place !== null);
    if (found?.place) {
      return found.place;
    }
  }
  return null;
}
