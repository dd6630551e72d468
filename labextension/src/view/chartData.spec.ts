import { chartData, pointAt } from './chartData';
import { type ISeries, withPoints } from './series';

const PLAIN = { smoothing: 0, logarithmic: false };

function series(pod: string, points: [number | null, number | null][]): ISeries {
  return withPoints([], {
    pod,
    attempt: 1,
    name: 'loss',
    points: points.map(([step, value], i) => [step, value, i * 10])
  })[0];
}

describe('chartData', () => {
  it('brings series with different steps onto one axis', () => {
    const { xs, stepped, lines } = chartData(
      [
        series('a', [
          [0, 1],
          [10, 2]
        ]),
        series('b', [
          [5, 3],
          [10, null]
        ])
      ],
      PLAIN
    );
    expect(stepped).toBe(true);
    expect(xs).toEqual([0, 5, 10]);
    expect(lines[0].values).toEqual([1, undefined, 2]);
    expect(lines[1].values).toEqual([undefined, 3, null]);
  });

  it('numbers the points where one series has no steps', () => {
    const { xs, stepped } = chartData(
      [
        series('a', [
          [10, 1],
          [20, 2]
        ]),
        series('b', [[null, 3]])
      ],
      PLAIN
    );
    expect(stepped).toBe(false);
    expect(xs).toEqual([0, 1]);
  });

  it('has no values on a logarithmic axis that it cannot hold', () => {
    const data = chartData(
      [
        series('a', [
          [1, 0],
          [2, -1],
          [3, 0.1]
        ])
      ],
      { smoothing: 0, logarithmic: true }
    );
    expect(data.lines[0].values).toEqual([null, null, 0.1]);
  });

  it('smooths beside the values, not instead', () => {
    const [line] = chartData(
      [
        series('a', [
          [1, 0],
          [2, 10]
        ])
      ],
      { smoothing: 0.9, logarithmic: false }
    ).lines;
    expect(line.values).toEqual([0, 10]);
    expect(line.smooth[1]).toBeLessThan(10);
  });

  it('draws a bounded number of points, however many series there are', () => {
    const points = Array.from({ length: 1_900 }, (_, i): [number, number] => [i, Math.sin(i)]);
    const many = Array.from({ length: 100 }, (_, i) => series(`w-${i}`, points));
    const { lines } = chartData(many, PLAIN);
    const drawn = lines.reduce((sum, line) => sum + line.points.filter(Boolean).length, 0);
    expect(drawn).toBeLessThanOrEqual(20_000);
  });
});

describe('pointAt', () => {
  it('is the point at the place, else the one before it', () => {
    const [a] = chartData(
      [
        series('a', [
          [0, 1],
          [10, 2]
        ]),
        series('b', [[5, 3]])
      ],
      PLAIN
    ).lines;
    expect(pointAt(a, 1)?.step).toBe(0);
    expect(pointAt(a, 2)?.step).toBe(10);
    expect(pointAt({ ...a, points: [] }, 0)).toBeNull();
  });
});
