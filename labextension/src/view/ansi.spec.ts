import { foldLine, PLAIN } from './ansi';

const ESC = '\u001b';

function shown(raw: string): string {
  return foldLine(raw).line.text;
}

describe('foldLine', () => {
  it('leaves plain text as it is', () => {
    expect(foldLine('loss 0.1\tstep 3 é').line).toEqual({ text: 'loss 0.1\tstep 3 é', marks: [] });
  });

  it('turns colours into classes over their text', () => {
    const { line } = foldLine(`a ${ESC}[1;31mred${ESC}[0m b`);
    expect(line.text).toBe('a red b');
    expect(line.marks).toEqual([
      { from: 2, to: 5, className: 'submarine-ansi-1 submarine-ansi-bold' }
    ]);
  });

  it('takes the nearest basic colour for 256 and 24-bit ones', () => {
    const classOf = (sgr: string) => foldLine(`${ESC}[${sgr}mx`).line.marks[0].className;
    expect(classOf('38;5;9')).toBe('submarine-ansi-9');
    expect(classOf('38;5;196')).toBe('submarine-ansi-9');
    expect(classOf('38;2;0;120;0')).toBe('submarine-ansi-2');
    expect(classOf('38;2;0;120;0;4')).toBe('submarine-ansi-2 submarine-ansi-underline');
  });

  it('passes over background colours with all their arguments', () => {
    expect(foldLine(`${ESC}[48;5;1mx`).line).toEqual({ text: 'x', marks: [] });
  });

  it('carries the style on to the next line', () => {
    const { style } = foldLine(`${ESC}[32mgreen`);
    const next = foldLine(`still${ESC}[39m not`, style);
    expect(next.line.marks).toEqual([{ from: 0, to: 5, className: 'submarine-ansi-2' }]);
    expect(next.style).toBe(PLAIN);
  });

  it.each([
    ['cursor moves', `a${ESC}[2K${ESC}[1Gb`, 'ab'],
    ['a window title', `${ESC}]0;title\u0007text`, 'text'],
    ['a hyperlink', `${ESC}]8;;http://x${ESC}\\text${ESC}]8;;${ESC}\\`, 'text'],
    ['an unfinished sequence', `text${ESC}[3`, 'text'],
    ['character sets and resets', `${ESC}(B${ESC}ctext`, 'text'],
    ['other controls', 'a\u0008\u0000\u009bb', 'ab']
  ])('drops %s', (_, raw, text) => {
    expect(shown(raw)).toBe(text);
  });

  it('shows the last state of a redrawn line', () => {
    expect(shown('10%\r20%\r30%')).toBe('30%');
    expect(shown('10%\r20%\r')).toBe('20%');
    expect(shown('dos line\r')).toBe('dos line');
    expect(shown('\r')).toBe('');
  });

  it('keeps a colour that was set before the line was redrawn', () => {
    expect(foldLine(`${ESC}[31m10%\r20%`).line.marks).toEqual([
      { from: 0, to: 3, className: 'submarine-ansi-1' }
    ]);
  });

  it('takes markup for what it is: text', () => {
    expect(shown('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
  });
});
