import { LogEditor } from './logEditor';
import { PodLog } from './podLog';
import { type ILogBatch } from './records';

const TEXTS = { attempt: (n: number) => `attempt ${n}` };

function shown(host: HTMLElement): string[] {
  return [...host.querySelectorAll('.cm-line')].map(line => line.textContent ?? '');
}

describe('LogEditor', () => {
  let host: HTMLElement;
  let editor: LogEditor;
  let log: PodLog;
  let offset: number;

  const take = (lines: string[], more: Partial<ILogBatch> = {}): void => {
    log.take({ pod: 'p', attempt: 1, offset, lines, ...more });
    offset += lines.reduce((bytes, line) => bytes + line.length + 1, 0);
    editor.update(log);
  };

  beforeEach(() => {
    host = document.createElement('div');
    document.body.append(host);
    editor = new LogEditor(host, 'Logs of p', () => undefined);
    log = new PodLog(TEXTS, 3);
    offset = 0;
  });

  afterEach(() => {
    editor.dispose();
    host.remove();
  });

  it('ends with the last line', () => {
    take(['one']);
    expect(shown(host)).toEqual(['one']);
    take(['', 'three']);
    expect(shown(host)).toEqual(['one', '', 'three']);
  });

  it('drops what leaves the window', () => {
    take(['1', '2', '3']);
    take(['4']);
    expect(shown(host)).toEqual(['2', '3', '4']);
    take(['5', '6', '7', '8']);
    expect(shown(host)).toEqual(['6', '7', '8']);
  });

  it('redraws the unfinished line in its place', () => {
    take([], { partial: '10 %' });
    expect(shown(host)).toEqual(['10 %']);
    take([], { partial: '20 %' });
    take(['done']);
    expect(shown(host)).toEqual(['done']);
    take([], { partial: 'x' });
    take([], { partial: 'xy' });
    expect(shown(host)).toEqual(['done', 'xy']);
    take(['xyz', 'end'], { partial: 'more' });
    expect(shown(host)).toEqual(['done', 'xyz', 'end', 'more']);
  });

  it('keeps colours at their words', () => {
    take(['plain', '\u001b[31mred\u001b[0m and not']);
    take(['plain', '\u001b[32mgreen\u001b[0m']);
    const coloured = [...host.querySelectorAll('[class*="submarine-ansi"]')];
    expect(coloured.map(({ className, textContent }) => [className, textContent])).toEqual([
      ['submarine-ansi-1', 'red'],
      ['submarine-ansi-2', 'green']
    ]);
  });

  it('shows another log from its beginning', () => {
    take(['one', 'two']);
    log = new PodLog(TEXTS);
    offset = 0;
    take(['other']);
    expect(shown(host)).toEqual(['other']);
  });
});
