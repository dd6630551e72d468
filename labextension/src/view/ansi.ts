/**
 * What a terminal would show of a log line: colours become theme classes, every other control
 * sequence is dropped, and of a line redrawn with carriage returns the last state is kept.
 */

/** A styled stretch of a line's text. */
export interface IMark {
  from: number;
  to: number;
  className: string;
}

/** A line as shown. */
export interface ILine {
  text: string;
  marks: readonly IMark[];
}

/** The text style in force; carried from one line to the next, as terminals do. */
export interface IStyle {
  /** Index of the foreground colour, 0 to 15, or null for the default. */
  colour: number | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

export const PLAIN: IStyle = {
  colour: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false
};

const NO_MARKS: readonly IMark[] = [];

const ESC = '\u001b';

// CSI (with its final byte), OSC and other strings (to BEL or ST), two-byte escapes, C0 controls.
const CONTROL = new RegExp(
  [
    `${ESC}\\[([0-9:;<=>?]*)[ -/]*([@-~])`,
    `${ESC}[\\]PX^_][^\\u0007${ESC}]*(?:\\u0007|${ESC}\\\\|$)`,
    `${ESC}(?:\\[[0-9:;<=>?]*[ -/]*)?$`,
    `${ESC}[ -/]*[0-~]`,
    '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]'
  ].join('|'),
  'g'
);

export const HAS_CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/; // eslint-disable-line no-control-regex

/** Keep what follows the last carriage return that text follows. */
function lastState(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\r') {
    end -= 1;
  }
  return text.slice(text.lastIndexOf('\r', end - 1) + 1, end);
}

/** The basic colour nearest to one of the 256, or of a 24-bit one. */
function nearestBasic(red: number, green: number, blue: number): number {
  const brightest = Math.max(red, green, blue);
  const half = brightest / 2;
  const basic = (red > half ? 1 : 0) | (green > half ? 2 : 0) | (blue > half ? 4 : 0);
  if (brightest < 48) {
    return 0;
  }
  return brightest > 190 ? basic + 8 : basic;
}

function fromPalette(index: number): number {
  if (index < 16) {
    return index;
  }
  if (index >= 232) {
    return index < 244 ? 8 : 7;
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + 40 * step);
  const cube = index - 16;
  return nearestBasic(
    level(Math.floor(cube / 36)),
    level(Math.floor(cube / 6) % 6),
    level(cube % 6)
  );
}

function applySgr(style: IStyle, parameters: string): IStyle {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) {
      next = { ...PLAIN };
    } else if (code === 1) {
      next.bold = true;
    } else if (code === 2) {
      next.dim = true;
    } else if (code === 3) {
      next.italic = true;
    } else if (code === 4) {
      next.underline = true;
    } else if (code === 22) {
      next.bold = next.dim = false;
    } else if (code === 23) {
      next.italic = false;
    } else if (code === 24) {
      next.underline = false;
    } else if (code >= 30 && code <= 37) {
      next.colour = code - 30;
    } else if (code >= 90 && code <= 97) {
      next.colour = code - 82;
    } else if (code === 39) {
      next.colour = null;
    } else if (code === 38 || code === 48) {
      const direct = codes[i + 1] === 2;
      const arguments_ = codes.slice(i + 2, i + (direct ? 5 : 3));
      if (code === 38) {
        const [first = 0, second = 0, third = 0] = arguments_;
        next.colour = direct ? nearestBasic(first, second, third) : fromPalette(first);
      }
      i += 1 + arguments_.length;
    }
  }
  return next;
}

function classNames(style: IStyle): string {
  const names: string[] = [];
  if (style.colour !== null) {
    names.push(`submarine-ansi-${style.colour}`);
  }
  for (const name of ['bold', 'dim', 'italic', 'underline'] as const) {
    if (style[name]) {
      names.push(`submarine-ansi-${name}`);
    }
  }
  return names.join(' ');
}

/**
 * Fold one raw line.
 *
 * @param raw - the line without its newline
 * @param style - the style in force where it begins
 * @returns the line as shown, and the style in force where it ends
 */
export function foldLine(raw: string, style: IStyle = PLAIN): { line: ILine; style: IStyle } {
  if (style === PLAIN && !HAS_CONTROL.test(raw)) {
    return { line: { text: raw, marks: NO_MARKS }, style };
  }
  const shown = lastState(raw);
  // Colours set in the part that was overdrawn still hold.
  for (const match of raw.slice(0, raw.lastIndexOf(shown)).matchAll(CONTROL)) {
    if (match[2] === 'm') {
      style = applySgr(style, match[1]);
    }
  }
  let text = '';
  const marks: IMark[] = [];
  const append = (piece: string): void => {
    const className = classNames(style);
    if (piece && className) {
      marks.push({ from: text.length, to: text.length + piece.length, className });
    }
    text += piece;
  };
  let at = 0;
  for (const match of shown.matchAll(CONTROL)) {
    append(shown.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] === 'm') {
      style = applySgr(style, match[1]);
    }
  }
  append(shown.slice(at));
  const plain = classNames(style) === '';
  return { line: { text, marks: marks.length ? marks : NO_MARKS }, style: plain ? PLAIN : style };
}
