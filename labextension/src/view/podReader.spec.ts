import { LogEditor } from './logEditor';
import { LogLoader } from './logLoader';
import { ServedLog, settled } from './logs.fixture';
import { rowText } from './logTexts';
import { PodLog } from './podLog';
import { PodReader } from './podReader';
import { type ILogBatch } from './records';
import { type IGapRow } from './rows';
import { ENGLISH } from './texts';

describe('PodReader', () => {
  let host: HTMLElement;
  let editor: LogEditor;
  let log: PodLog;
  let served: ServedLog | null;
  let problem: string | null;
  let reader: PodReader;

  const rows = (): string[] => editor.copied().split('\n');
  const gaps = (): IGapRow[] => editor.rows.filter(row => row.kind === 'gap') as IGapRow[];

  /** The stream delivers the served lines of some numbers. */
  const arrive = async (from: number, to: number, more: Partial<ILogBatch> = {}): Promise<void> => {
    const lines = (served as ServedLog).texts.slice(from, to);
    const offset = (served as ServedLog).offsetOf(from);
    log.take({ pod: 'p', attempt: 1, offset, lines, ...more });
    reader.update();
    await settled();
  };

  beforeEach(() => {
    host = document.createElement('div');
    document.body.append(host);
    log = new PodLog('p', 100);
    served = ServedLog.numbered(10_000);
    problem = null;
    const source = {
      lines: async (_: string, range: Parameters<ServedLog['lines']>[0]) => {
        if (!served) {
          throw new Error('Gone.');
        }
        return served.lines(range);
      }
    };
    const loader = new LogLoader(
      () => source,
      message => {
        problem = message;
      }
    );
    const texts = { trans: ENGLISH, canLoad: () => loader.isAvailable, speaker: null };
    editor = new LogEditor(host, 'Logs of p', row => rowText(row, texts), {
      onFollow: () => undefined,
      onScroll: () => undefined,
      onPick: () => undefined,
      onKey: () => undefined
    });
    reader = new PodReader(editor, loader, () => log, 3_000);
  });

  afterEach(() => {
    editor.dispose();
    host.remove();
  });

  it('shows a log from its beginning without a gap', async () => {
    await arrive(0, 2);
    await arrive(2, 3, { partial: 'unfin' });
    expect(rows()).toEqual(['line 0', 'line 1', 'line 2', 'unfin']);
    await arrive(3, 4);
    expect(rows()).toEqual(['line 0', 'line 1', 'line 2', 'line 3']);
  });

  it('says how many lines are before the tail, and loads them', async () => {
    await arrive(5_000, 5_002);
    expect(rows()).toEqual(['5,000 lines left out; scroll up to load', 'line 5000', 'line 5001']);
    editor.hold();
    await reader.fill(gaps()[0], true);
    expect(rows()[0]).toBe('4,000 lines left out; scroll up to load');
    expect(rows().slice(1)).toEqual((served as ServedLog).texts.slice(4_000, 5_002));
    await arrive(5_002, 5_003);
    expect(rows()[1_003]).toBe('line 5002');
  });

  it('takes a loaded gap away when nothing is left of it', async () => {
    await arrive(300, 302);
    editor.hold();
    await reader.fill(gaps()[0], true);
    expect(rows()).toEqual((served as ServedLog).texts.slice(0, 302));
  });

  it('marks what the stream has skipped, and fills it from both sides', async () => {
    await arrive(0, 2);
    log.allowGap();
    await arrive(3_000, 3_002);
    expect(rows()).toEqual([
      'line 0',
      'line 1',
      '2,998 lines left out; scroll up to load',
      'line 3000',
      'line 3001'
    ]);
    editor.hold();
    await reader.fill(gaps()[0], true);
    await reader.fill(gaps()[0], false);
    expect(rows()[1_002]).toBe('998 lines left out; scroll up to load');
    await reader.fill(gaps()[0], true);
    expect(rows()).toEqual((served as ServedLog).texts.slice(0, 3_002));
  });

  it('shows no gap where nothing was skipped after all', async () => {
    (served as ServedLog).texts[1] = 'two\r';
    log.take({ pod: 'p', attempt: 1, offset: 0, lines: ['line 0', 'two'] });
    log.allowGap();
    await arrive(2, 3);
    expect(log.segments).toHaveLength(2);
    expect(rows()).toEqual(['line 0', 'two', 'line 2']);
  });

  it('cuts the top while the end is followed', async () => {
    for (let from = 0; from < 6_000; from += 100) {
      await arrive(from, from + 100);
    }
    expect(editor.rows.length).toBeLessThan(5_100);
    expect(rows()[0]).toMatch(/^[\d,]+ lines left out; scroll up to load$/);
    expect(rows()[1]).toBe(`line ${6_000 - editor.rows.length + 1}`);
    expect(rows().pop()).toBe('line 5999');
  });

  it('ends below what is read when that would grow without end', async () => {
    await arrive(0, 100);
    editor.hold();
    for (let from = 100; from < 6_000; from += 100) {
      await arrive(from, from + 100);
    }
    expect(rows()[0]).toBe('line 0');
    expect(rows().pop()).toMatch(/^Newer lines/);
    expect(editor.hasEnd).toBe(false);
    reader.follow();
    expect(rows().pop()).toBe('line 5999');
    expect(editor.hasEnd).toBe(true);
  });

  it('jumps to a line, and joins the live end when it has been loaded up to there', async () => {
    await arrive(9_000, 9_100);
    expect(await reader.goTo(8_000)).toBe(true);
    expect(editor.target?.row.line.text).toBe('line 8000');
    expect(editor.following).toBe(false);
    await reader.fill(gaps()[1], false);
    expect(editor.hasEnd).toBe(true);
    // The server is ahead of the stream, which then brings nothing twice.
    expect(rows().pop()).toBe('line 9299');
    await arrive(9_100, 9_301);
    expect(rows().slice(-2)).toEqual(['line 9299', 'line 9300']);
    expect(await reader.goTo(20_000)).toBe(false);
  });

  it('finds the line at a byte', async () => {
    await arrive(9_000, 9_100);
    expect(await reader.goToOffset((served as ServedLog).offsetOf(77) + 3, 1)).toBe(true);
    expect(editor.target?.row.line.text).toBe('line 77');
  });

  it('stays at a line that was jumped to before anything was shown', async () => {
    const { texts } = served as ServedLog;
    log.take({
      pod: 'p',
      attempt: 1,
      offset: (served as ServedLog).offsetOf(9_000),
      lines: texts.slice(9_000, 9_100)
    });
    await reader.goTo(50);
    reader.update();
    await settled();
    expect(rows()[50]).toBe('line 50');
    expect(editor.target?.row.line.text).toBe('line 50');
  });

  it('asks again for fewer lines when long ones fill an answer', async () => {
    served = new ServedLog((served as ServedLog).texts, 300);
    await arrive(5_000, 5_001);
    editor.hold();
    await reader.fill(gaps()[0], true);
    expect(rows().slice(-2)).toEqual(['line 4999', 'line 5000']);
    expect(gaps()).toHaveLength(1);
  });

  it('says why lines could not be loaded, and tries again', async () => {
    await arrive(5_000, 5_001);
    const kept = served;
    served = null;
    await reader.fill(gaps()[0], true);
    expect(problem).toBe('Gone.');
    served = kept;
    await reader.fill(gaps()[0], true);
    expect(problem).toBeNull();
    expect(rows()).toHaveLength(1_002);
  });

  it('tells a new start of the pod from the one before', async () => {
    await arrive(0, 1);
    await arrive(0, 1, { attempt: 2 });
    expect(rows()).toEqual(['line 0', '── Attempt 2 ──', 'line 0']);
  });
});
