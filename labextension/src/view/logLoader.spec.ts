import { LogLoader } from './logLoader';
import { ServedLog } from './logs.fixture';
import { PodLog } from './podLog';
import { type ILineRow, numberOf } from './rows';
import { type ILineRange } from './source';

describe('LogLoader', () => {
  let served: ServedLog;
  let failure: (Error & { code?: number }) | null;
  let problems: (string | null)[];
  let loader: LogLoader;

  beforeEach(() => {
    served = ServedLog.numbered(100);
    failure = null;
    problems = [];
    const lines = async (_: string, range: ILineRange): Promise<ReturnType<ServedLog['lines']>> => {
      if (failure) {
        throw failure;
      }
      return served.lines(range);
    };
    loader = new LogLoader(
      () => ({ lines }),
      message => problems.push(message)
    );
  });

  it('counts each place at which a stream was taken up once', async () => {
    const log = new PodLog('p');
    log.take({ pod: 'p', attempt: 1, offset: served.offsetOf(40), lines: ['line 40'] });
    expect(await loader.count(log)).toBe(true);
    expect(log.segments[0].number).toBe(40);
    expect(await loader.count(log)).toBe(false);
    expect(served.asked).toEqual([{ at: served.offsetOf(40), count: 0, attempt: 1 }]);
  });

  it('learns the times of lines that came without', async () => {
    const log = new PodLog('p');
    log.take({ pod: 'p', attempt: 1, offset: 0, lines: served.texts.slice(0, 3) });
    const rows = log.linesFrom(0).map((line, count): ILineRow => ({
      kind: 'line',
      line,
      segment: log.segments[0],
      count,
      offset: line.offset,
      time: undefined
    }));
    expect(await loader.time(rows.slice(1))).toBe(true);
    expect(rows.map(({ time }) => time)).toEqual([
      undefined,
      new Date(1_000).toISOString(),
      new Date(2_000).toISOString()
    ]);
    expect(await loader.time(rows.slice(1))).toBe(false);
  });

  it('gives the lines around one, also where long ones fill an answer', async () => {
    served = new ServedLog(served.texts, 10);
    const rows = await loader.around('p', 1, 50);
    expect(rows?.map(numberOf)).toContain(50);
  });

  it('asks no more of a server that has no such thing', async () => {
    failure = Object.assign(new Error('No such address.'), { code: 404 });
    expect(await loader.from('p', 1, 0)).toBeNull();
    expect(loader.isAvailable).toBe(false);
    expect(problems).toEqual([null]);
  });

  it('says what went wrong, and that it is over', async () => {
    failure = Object.assign(new Error('The server does not answer.'), { code: 0 });
    expect(await loader.from('p', 1, 0)).toBeNull();
    failure = null;
    expect(await loader.from('p', 1, 0, 2)).toHaveLength(2);
    expect(problems).toEqual(['The server does not answer.', null]);
  });
});
