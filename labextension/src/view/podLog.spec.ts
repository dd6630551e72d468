import { LINE_CHARACTERS, PodLog } from './podLog';
import { type ILogBatch } from './records';

function batch(offset: number, lines: string[], more: Partial<ILogBatch> = {}): ILogBatch {
  return { pod: 'p', attempt: 1, offset, lines, ...more };
}

function linesOf(log: PodLog): string[] {
  return log.linesFrom(log.first).map(line => line.text);
}

describe('PodLog', () => {
  let log: PodLog;

  beforeEach(() => {
    log = new PodLog('p', 5);
  });

  it('appends lines in order', () => {
    log.take(batch(0, ['a', 'b']));
    log.take(batch(4, ['c']));
    expect(linesOf(log)).toEqual(['a', 'b', 'c']);
    expect(log.linesFrom(0).map(({ offset }) => offset)).toEqual([0, 2, 4]);
    expect(log.segments).toHaveLength(1);
    expect(log.segments[0]).toMatchObject({ attempt: 1, start: 0, offset: 0, number: 0 });
  });

  it('takes each line once, however batches overlap', () => {
    log.take(batch(0, ['a', 'b']));
    expect(log.take(batch(0, ['a', 'b']))).toBe(true);
    expect(log.take(batch(0, ['a']))).toBe(false);
    log.take(batch(2, ['b', 'c']));
    expect(linesOf(log)).toEqual(['a', 'b', 'c']);
  });

  it('goes on from the beginning of a log that was cut', () => {
    log.take(batch(0, ['a', 'b']));
    log.take(batch(0, [], { anew: true }));
    log.take(batch(0, ['c']));
    expect(linesOf(log)).toEqual(['a', 'b', 'c']);
    expect(log.segments).toHaveLength(2);
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
    expect([log.first, log.end]).toEqual([2, 7]);
    expect(log.linesFrom(6).map(line => line.text)).toEqual(['7']);
  });

  it('does not know the numbers of lines that begin in the middle', () => {
    log.take(batch(1000, ['a']));
    expect(log.segments[0]).toMatchObject({ offset: 1000, number: null });
    const { revision } = log;
    log.setNumber(log.segments[0], 99);
    expect(log.segmentAt(0)?.number).toBe(99);
    expect(log.revision).toBeGreaterThan(revision);
  });

  it('begins a segment where lines were left out', () => {
    log.take(batch(0, ['a', 'b']));
    log.allowGap();
    log.take(batch(6, ['d']));
    log.take(batch(8, ['e']));
    expect(linesOf(log)).toEqual(['a', 'b', 'd', 'e']);
    expect(log.segments.map(({ start, offset }) => [start, offset])).toEqual([
      [0, 0],
      [2, 6]
    ]);
  });

  it('finds no gap where the tail reaches back to what was taken', () => {
    log.take(batch(0, ['a', 'b']));
    log.allowGap();
    log.take(batch(2, ['b', 'c']));
    expect(linesOf(log)).toEqual(['a', 'b', 'c']);
    expect(log.segments).toHaveLength(1);
  });

  it('sees by itself when far more is missing than bytes can have been replaced', () => {
    log.take(batch(0, ['\ufffd']));
    log.take(batch(4, ['next']));
    expect(log.segments).toHaveLength(1);
    log.take(batch(1000, ['far']));
    expect(log.segments).toHaveLength(2);
  });

  it('forgets segments whose lines have all left the window', () => {
    log.take(batch(0, ['a']));
    log.take(batch(1000, ['1', '2', '3', '4', '5']));
    expect(log.segments.map(({ offset }) => offset)).toEqual([1000]);
    log.take(batch(1010, ['6']));
    expect(log.segmentAt(log.first)?.offset).toBe(1000);
  });

  it('begins anew with a new attempt and says so', () => {
    log.take(batch(0, ['a'], { partial: 'unfinished' }));
    log.take(batch(0, ['b'], { attempt: 2 }));
    expect(log.take(batch(2, ['late'], { attempt: 1 }))).toBe(false);
    expect(linesOf(log)).toEqual(['a', 'unfinished', 'b']);
    expect(log.segments.map(({ attempt, start }) => [attempt, start])).toEqual([
      [1, 0],
      [2, 2]
    ]);
  });

  it('gives up a snapshot for the first live line', () => {
    const saved = PodLog.fromSnapshot('p', ['old']);
    expect(linesOf(saved)).toEqual(['old']);
    const { generation } = saved;
    saved.take(batch(0, ['first']));
    expect(linesOf(saved)).toEqual(['first']);
    expect(saved.generation).toBeGreaterThan(generation);
  });
});
