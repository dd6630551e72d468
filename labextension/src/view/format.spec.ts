import { experiment } from './experiment.fixture';
import { elapsed, formatBytes, formatDuration, formatValue } from './format';
import { ENGLISH } from './texts';

describe('formatDuration', () => {
  it.each([
    [1, '0.1 s'],
    [999, '1.0 s'],
    [59_999, '59 s'],
    [60_000, '1 min 0 s'],
    [3_600_000, '1 h 0 min'],
    [90_000_000, '1 d 1 h'],
    [-5, '0 s']
  ])('of %s ms is %s', (milliseconds, expected) => {
    expect(formatDuration(milliseconds, ENGLISH)).toBe(expected);
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [12_345_678, '12 MB'],
    [3e9, '3.0 GB']
  ])('of %s is %s', (bytes, expected) => {
    expect(formatBytes(bytes, ENGLISH)).toBe(expected);
  });
});

describe('formatValue', () => {
  it.each([
    [1234567, '1234567'],
    [0.123456789, '0.12346'],
    [1e-9, '1e-9']
  ])('of %s is %s', (value, expected) => {
    expect(formatValue(value)).toBe(expected);
  });
});

describe('elapsed', () => {
  it('goes on until the end', () => {
    const running = {
      ...experiment('e', 'Running'),
      runningTime: '2026-01-01T00:00:00.000+00:00'
    };
    const now = Date.parse('2026-01-01T00:01:00Z');
    expect(elapsed(running, now)).toBe(60_000);
    const finishedTime = '2026-01-01T00:00:30.000+00:00';
    expect(elapsed({ ...running, finishedTime }, now)).toBe(30_000);
    expect(elapsed(experiment('e', 'Accepted'), now)).toBeNull();
  });
});
