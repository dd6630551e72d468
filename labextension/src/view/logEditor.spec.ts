import { lanesOf } from './lanes';
import { LogEditor } from './logEditor';
import { loadedRows, type ILineRow, type Row } from './rows';

const reader = {
  onFollow: () => undefined,
  onScroll: () => undefined,
  onPick: () => undefined,
  onKey: () => undefined
};

function row(text: string, number = 0): ILineRow {
  return loadedRows('p', 1, [{ number, offset: 0, time: null, text }])[0];
}

function textOf(of: Row): string {
  return of.kind === 'line' ? of.line.text : of.kind;
}

describe('LogEditor', () => {
  let host: HTMLElement;
  let editor: LogEditor;

  const shown = (): string[] =>
    [...host.querySelectorAll('.cm-line')].map(line => line.textContent ?? '');

  beforeEach(() => {
    host = document.createElement('div');
    document.body.append(host);
    editor = new LogEditor(host, 'Logs of p', textOf, reader);
  });

  afterEach(() => {
    editor.dispose();
    host.remove();
  });

  it('shows one line a row, empty ones too', () => {
    editor.reset([row('one')]);
    expect(shown()).toEqual(['one']);
    editor.change([{ at: 1, remove: 0, rows: [row(''), row('three')] }]);
    expect(shown()).toEqual(['one', '', 'three']);
    editor.reset([row('')]);
    editor.change([{ at: 1, remove: 0, rows: [row('')] }]);
    expect(shown()).toEqual(['', '']);
  });

  it('changes both ends at once', () => {
    editor.reset(['1', '2', '3', 'open'].map(text => row(text)));
    editor.change([
      { at: 0, remove: 2, rows: [row('gap')] },
      { at: 3, remove: 1, rows: [row('4'), row('more')] }
    ]);
    expect(shown()).toEqual(['gap', '3', '4', 'more']);
    expect(editor.rows.map(textOf)).toEqual(shown());
  });

  it('puts rows in front, between and in place of others', () => {
    editor.reset(['b', 'd'].map(text => row(text)));
    editor.change([{ at: 0, remove: 0, rows: [row('a')] }]);
    editor.change([{ at: 2, remove: 0, rows: [row('c')] }]);
    expect(shown()).toEqual(['a', 'b', 'c', 'd']);
    editor.change([{ at: 1, remove: 3, rows: [] }]);
    expect(shown()).toEqual(['a']);
    editor.change([{ at: 0, remove: 1, rows: [row('x'), row('y')] }]);
    expect(shown()).toEqual(['x', 'y']);
    editor.reset([]);
    expect(editor.copied()).toBe('');
  });

  it('keeps colours at their words', () => {
    editor.reset([row('plain'), row('\u001b[31mred\u001b[0m and not')]);
    editor.change([{ at: 2, remove: 0, rows: [row('\u001b[32mgreen\u001b[0m')] }]);
    const coloured = [...host.querySelectorAll('[class*="submarine-ansi"]')];
    expect(coloured.map(({ className, textContent }) => [className, textContent])).toEqual([
      ['submarine-ansi-1', 'red'],
      ['submarine-ansi-2', 'green']
    ]);
  });

  it('shows marks of direction instead of obeying them', () => {
    editor.reset([row('a\u202eb\u2068c')]);
    expect(host.querySelectorAll('.cm-specialChar')).toHaveLength(2);
  });

  it('marks what is found, and the line that was jumped to', () => {
    const wanted = row('two');
    editor.find = text => (text === 'one' ? [{ from: 0, to: 2, className: 'found' }] : []);
    editor.reset([row('one'), wanted]);
    expect(host.querySelector('.found')?.textContent).toBe('on');
    editor.show(wanted, { from: 1, to: 3, className: 'found' });
    expect(editor.following).toBe(false);
    expect(host.querySelector('.submarine-Log-target .found')?.textContent).toBe('wo');
    editor.follow();
    expect(host.querySelector('.submarine-Log-target')).toBeNull();
  });

  it('has columns for numbers and times', () => {
    editor.setColumns({ numbers: true, times: true, lane: null });
    const timed = row('a', 41);
    timed.time = new Date(2026, 0, 1, 12, 30, 1, 5).toISOString();
    editor.reset([timed, row('b', 42)]);
    const cells = (column: string): (string | null)[] =>
      [...host.querySelectorAll(`.submarine-Log-${column} .cm-gutterElement`)]
        .filter(cell => (cell as HTMLElement).style.visibility !== 'hidden')
        .map(cell => cell.textContent);
    expect(cells('numbers')).toEqual(['42', '43']);
    expect(cells('times')).toEqual(['12:30:01.005', '–']);
  });

  it('says whose a line is in a log of several pods', () => {
    editor.speaker = () => 'W0';
    const lane = [...lanesOf([{ name: 'w', role: 'Worker', index: 0, state: 'Running' }]).values()];
    editor.setColumns({ numbers: false, times: false, lane: () => lane[0] });
    const same = row('a');
    same.folded = [row('a'), row('a')];
    editor.reset([same]);
    const cell = host.querySelector('.submarine-Log-lanes span');
    expect(cell?.textContent).toBe('W0 ×3');
    expect(shown()).toEqual(['W0: a']);
    expect(editor.copied()).toBe('a');
  });
});
