import { LogEditor } from './logEditor';
import { LogLoader } from './logLoader';
import { ServedLog, settled } from './logs.fixture';
import { rowText } from './logTexts';
import { MergedReader } from './mergedReader';
import { PodLog } from './podLog';
import { type IExperimentSource } from './source';
import { ENGLISH } from './texts';

describe('MergedReader', () => {
  let host: HTMLElement;
  let editor: LogEditor;
  let logs: Map<string, PodLog>;
  let served: Map<string, ServedLog>;

  const rows = (): string[] => editor.copied().split('\n');

  const arrive = (pod: string, from: number, to: number): void => {
    const log = logs.get(pod) ?? new PodLog(pod);
    logs.set(pod, log);
    const { texts } = served.get(pod) as ServedLog;
    const offset = (served.get(pod) as ServedLog).offsetOf(from);
    log.take({ pod, attempt: 1, offset, lines: texts.slice(from, to) });
  };

  const read = async (fold: boolean, canLoad = true): Promise<MergedReader> => {
    const lines: IExperimentSource['lines'] = async (pod, range) =>
      (served.get(pod) as ServedLog).lines(range);
    const loader = new LogLoader(
      () => (canLoad ? { lines } : null),
      () => undefined
    );
    const texts = { trans: ENGLISH, canLoad: () => canLoad, speaker: (pod: string) => pod };
    editor = new LogEditor(host, 'Logs', row => rowText(row, texts), {
      onFollow: () => undefined,
      onScroll: () => undefined,
      onPick: () => undefined,
      onKey: () => undefined
    });
    const reader = new MergedReader(editor, loader, () => [...logs.values()], fold, 5_000);
    await settled();
    return reader;
  };

  beforeEach(() => {
    host = document.createElement('div');
    document.body.append(host);
    logs = new Map();
    // Each writes a line a second.
    served = new Map(
      ['a', 'b'].map(pod => [
        pod,
        new ServedLog(Array.from({ length: 2_000 }, (_, i) => `${pod} ${i}`))
      ])
    );
  });

  afterEach(() => {
    editor.dispose();
    host.remove();
  });

  it('begins in the order of the times', async () => {
    arrive('a', 0, 3);
    arrive('b', 0, 3);
    await read(false);
    expect(rows()).toEqual(['a 0', 'b 0', 'a 1', 'b 1', 'a 2', 'b 2']);
  });

  it('goes on in the order of arrival', async () => {
    arrive('a', 0, 1);
    const reader = await read(false);
    arrive('b', 0, 2);
    reader.update();
    arrive('a', 1, 2);
    reader.update();
    expect(rows()).toEqual(['a 0', 'b 0', 'b 1', 'a 1']);
  });

  it('loads earlier lines of all pods without losing or repeating one', async () => {
    arrive('a', 1_500, 1_900);
    arrive('b', 200, 300);
    const reader = await read(false);
    editor.hold();
    for (let i = 0; i < 5; i++) {
      await reader.fill();
    }
    const all = [...rows()];
    expect(all).toHaveLength(2_200);
    expect(new Set(all).size).toBe(2_200);
    const ofPod = (pod: string): string[] => all.filter(text => text.startsWith(pod));
    expect(ofPod('a')).toEqual(served.get('a')?.texts.slice(0, 1_900));
    expect(all.slice(0, 4)).toEqual(['a 0', 'b 0', 'a 1', 'b 1']);
  });

  it('folds what several pods say alike', async () => {
    served.set('b', new ServedLog((served.get('a') as ServedLog).texts));
    arrive('a', 0, 2);
    arrive('b', 0, 1);
    const reader = await read(true);
    expect(rows()).toEqual(['a 0', 'a 1']);
    arrive('b', 1, 3);
    reader.update();
    expect(rows()).toEqual(['a 0', 'a 1', 'a 2']);
    const folded = editor.rows.map(row => (row.kind === 'line' ? row.folded?.length : null));
    expect(folded).toEqual([1, 1, undefined]);
  });

  it('does not fold what one pod says again', async () => {
    served.set('a', new ServedLog(['same', 'same', '']));
    arrive('a', 0, 3);
    await read(true);
    expect(rows()).toEqual(['same', 'same', '']);
  });

  it('begins with pod after pod where there are no times', async () => {
    arrive('a', 0, 2);
    arrive('b', 0, 2);
    await read(false, false);
    expect(rows()).toEqual(['a 0', 'a 1', 'b 0', 'b 1']);
  });

  it('says whose lines the stream has skipped', async () => {
    arrive('a', 0, 1);
    const reader = await read(false);
    logs.get('a')?.allowGap();
    arrive('a', 5, 6);
    reader.update();
    await settled();
    expect(rows()).toEqual(['a 0', '4 lines of a left out', 'a 5']);
  });
});
