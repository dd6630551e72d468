import { type IMetricBatch } from './records';
import {
  byMetric,
  type IPoint,
  type ISeries,
  MAX_POINTS,
  newest,
  smoothed,
  thin,
  withPoints
} from './series';

function batch(points: IMetricBatch['points'], about: Partial<IMetricBatch> = {}): IMetricBatch {
  return { pod: 'w-0', attempt: 1, name: 'loss', points, ...about };
}

function after(...batches: IMetricBatch[]): readonly ISeries[] {
  return batches.reduce(withPoints, [] as readonly ISeries[]);
}

function offsets(points: readonly IPoint[]): number[] {
  return points.map(({ offset }) => offset);
}

describe('withPoints', () => {
  it('keeps a series for each pod, attempt and name', () => {
    const point: IMetricBatch['points'] = [[1, 0.5, 0]];
    const all = after(
      batch(point),
      batch(point, { pod: 'w-1' }),
      batch(point, { attempt: 2 }),
      batch(point, { name: 'accuracy' })
    );
    expect(all.map(({ pod, attempt, name }) => [pod, attempt, name])).toEqual([
      ['w-0', 1, 'loss'],
      ['w-1', 1, 'loss'],
      ['w-0', 2, 'loss'],
      ['w-0', 1, 'accuracy']
    ]);
  });

  it('takes each point once, though a series comes again from its beginning', () => {
    const once = after(
      batch([
        [1, 0.5, 0],
        [2, 0.4, 10]
      ])
    );
    const again = withPoints(
      once,
      batch([
        [1, 0.5, 0],
        [2, 0.4, 10],
        [3, 0.3, 20]
      ])
    );
    expect(offsets(again[0].points)).toEqual([0, 10, 20]);
    expect(withPoints(again, batch([[2, 0.4, 10]]))).toBe(again);
  });

  it('begins a series again when its log was cut short, and takes nothing older', () => {
    const before = after(batch([[1, 0.5, 900]]), batch([[1, 0.5, 900]], { pod: 'w-1' }));
    const cut = withPoints(before, batch([[2, 0.4, 0]], { cuts: 1 }));
    expect(cut.map(({ pod, points }) => [pod, offsets(points)])).toEqual([
      ['w-0', [0]],
      ['w-1', [900]]
    ]);
    expect(withPoints(cut, batch([[9, 0.1, 950]]))).toBe(cut);
    expect(offsets(withPoints(cut, batch([[3, 0.3, 20]], { cuts: 1 }))[0].points)).toEqual([0, 20]);
  });

  it('has no axis of steps where one is missing or comes again', () => {
    const first = batch([[1, 0.5, 0]]);
    expect(after(first, batch([[2, 0.5, 1]]))[0].stepped).toBe(true);
    expect(after(first, batch([[null, 0.5, 1]]))[0].stepped).toBe(false);
    const again = after(first, batch([[2, 0.5, 1]]), batch([[1, 0.5, 2]]), batch([[3, 0.5, 3]]));
    expect(again[0].stepped).toBe(false);
    expect(again[0].points.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2, 3]);
  });

  it('stays bounded, with the extremes of all that came', () => {
    let all: readonly ISeries[] = [];
    for (let step = 0; step < 100_000; step += 100) {
      const points = Array.from({ length: 100 }, (_, i): [number, number, number] => [
        step + i,
        step + i === 31_415 ? 99 : step + i === 77_777 ? -99 : Math.sin(step + i),
        (step + i) * 7
      ]);
      all = withPoints(all, batch(points));
    }
    const { points, stepped } = all[0];
    expect(stepped).toBe(true);
    expect(points.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(points.length).toBeGreaterThan(MAX_POINTS / 4);
    expect(points[0].step).toBe(0);
    expect(points[points.length - 1].step).toBe(99_999);
    expect(points.find(({ value }) => value === 99)?.step).toBe(31_415);
    expect(points.find(({ value }) => value === -99)?.step).toBe(77_777);
    // The older half has its share, however often it was thinned.
    const older = points.filter(({ step }) => (step ?? 0) < 50_000).length;
    expect(older / points.length).toBeGreaterThan(0.15);
  });

  it('keeps no more series than a page can show', () => {
    let all: readonly ISeries[] = [];
    for (let i = 0; i < 600; i++) {
      all = withPoints(all, batch([[1, 1, 0]], { name: `metric ${i}` }));
    }
    expect(all).toHaveLength(500);
  });
});

describe('thin', () => {
  it('keeps first, last, extremes and gaps in order', () => {
    const values = [5, 1, null, 9, 5, 5, 5, 2, 5, 5];
    const points = values.map((value, i) => ({ ordinal: i, step: null, value, offset: i }));
    expect(offsets(thin(points, 5, false))).toEqual([0, 1, 2, 3, 9]);
    expect(thin(points, 10, false)).toEqual(points);
  });
});

describe('newest', () => {
  it('passes over gaps', () => {
    const [series] = after(
      batch([
        [1, 0.5, 0],
        [2, null, 1]
      ])
    );
    expect(newest(series)?.value).toBe(0.5);
    expect(newest({ ...series, points: [] })).toBeNull();
  });
});

describe('byMetric', () => {
  it('groups series by their name', () => {
    const point: IMetricBatch['points'] = [[1, 0.5, 0]];
    const all = after(
      batch(point),
      batch(point, { name: 'accuracy' }),
      batch(point, { pod: 'w-1' })
    );
    expect(byMetric(all).map(([name, group]) => [name, group.length])).toEqual([
      ['loss', 2],
      ['accuracy', 1]
    ]);
  });
});

describe('smoothed', () => {
  it('begins at the first value and passes over gaps', () => {
    const values = smoothed([4, null, 8], 0.5);
    expect(values[0]).toBeCloseTo(4);
    expect(values[1]).toBeNull();
    expect(values[2]).toBeCloseTo((4 + 2 * 8) / 3);
    expect(smoothed([1, 2, 3], 0)).toEqual([1, 2, 3]);
  });
});
