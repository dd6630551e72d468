import { LINE_CHARACTERS, PodLog } from './podLog';
import { type ILogBatch } from './records';

const texts = { attempt: (attempt: number) => `-- ${attempt} --` };

function batch(offset: number, lines: string[], more: Partial<ILogBatch> = {}): ILogBatch {
  return { pod: 'p', attempt: 1, offset, lines, ...more };
}

function linesOf(log: PodLog): string[] {
  return log.linesFrom(log.first).map(line => line.text);
}

describe('PodLog', () => {
  let log: PodLog;

  beforeEach(() => {
    log = new PodLog(texts, 5);
  });

  it('appends lines in order', () => {
    log.take(batch(0, ['a', 'b']));
    log.take(batch(4, ['c']));
    expect(linesOf(log)).toEqual(['a', 'b', 'c']);
    expect(log.truncated).toBe(false);
  });

  it('takes each line once, however batches overlap', () => {
    log.take(batch(0, ['a', 'b']));
    expect(log.take(batch(0, ['a', 'b']))).toBe(true);
    expect(log.take(batch(0, ['a']))).toBe(false);
    log.take(batch(2, ['b', 'c']));
    expect(linesOf(log)).toEqual(['a', 'b', 'c']);
  });

  it('counts offsets in bytes of UTF-8', () => {
    log.take(batch(0, ['é€😀']));
    log.take(batch(10, ['next']));
    log.take(batch(0, ['é€😀', 'next', 'last']));
    expect(linesOf(log)).toEqual(['é€😀', 'next', 'last']);
  });

  it('loses no line behind bytes that could not be decoded', () => {
    log.take(batch(0, ['\ufffd\ufffd']));
    log.take(batch(3, ['next']));
    expect(linesOf(log)).toEqual(['\ufffd\ufffd', 'next']);
  });

  it('replaces the unfinished line by what supersedes it', () => {
    log.take(batch(0, ['a'], { partial: 'b' }));
    expect(log.open?.text).toBe('b');
    log.take(batch(2, [], { partial: 'bcd' }));
    expect(log.open?.text).toBe('bcd');
    log.take(batch(2, ['bcde']));
    expect(log.open).toBeNull();
    expect(linesOf(log)).toEqual(['a', 'bcde']);
  });

  it('does not show an unfinished line that is finished already', () => {
    log.take(batch(0, ['a', 'b']));
    expect(log.take(batch(2, [], { partial: 'b' }))).toBe(false);
    expect(log.open).toBeNull();
  });

  it('joins the pieces of a long line', () => {
    log.take(batch(0, ['a', 'long '], { continued: true }));
    expect(linesOf(log)).toEqual(['a']);
    expect(log.open?.text).toBe('long ');
    log.take(batch(7, ['line', 'b']));
    expect(linesOf(log)).toEqual(['a', 'long line', 'b']);
  });

  it('cuts a line that is too long to show', () => {
    log.take(batch(0, ['x'.repeat(LINE_CHARACTERS + 5)]));
    expect(linesOf(log)[0]).toHaveLength(LINE_CHARACTERS + 2);
    expect(linesOf(log)[0].endsWith(' …')).toBe(true);
  });

  it('keeps a bounded window and counts what left it', () => {
    log.take(batch(0, ['1', '2', '3', '4']));
    log.take(batch(8, ['5', '6', '7']));
    expect(linesOf(log)).toEqual(['3', '4', '5', '6', '7']);
    expect([log.first, log.end, log.dropped]).toEqual([2, 7, 2]);
    expect(log.truncated).toBe(true);
    expect(log.linesFrom(6).map(line => line.text)).toEqual(['7']);
  });

  it('knows that a log did not begin where it was taken up', () => {
    log.take(batch(1000, ['a']));
    expect(log.truncated).toBe(true);
    expect(log.dropped).toBe(0);
  });

  it('begins anew with a new attempt and says so', () => {
    log.take(batch(0, ['a'], { partial: 'unfinished' }));
    log.take(batch(0, ['b'], { attempt: 2 }));
    expect(log.take(batch(2, ['late'], { attempt: 1 }))).toBe(false);
    expect(linesOf(log)).toEqual(['a', 'unfinished', '-- 2 --', 'b']);
  });

  it('gives up a snapshot for the first live line', () => {
    const saved = PodLog.fromSnapshot(texts, ['old']);
    expect(linesOf(saved)).toEqual(['old']);
    const { generation } = saved;
    saved.take(batch(0, ['first']));
    expect(linesOf(saved)).toEqual(['first']);
    expect(saved.generation).toBeGreaterThan(generation);
  });
});
