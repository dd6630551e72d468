import { type IPoint, type ISeries, place, smoothed, thin } from './series';

/** Points that a chart draws at once, however many series it has. */
const DRAWN_POINTS = 20_000;

const FEWEST_POINTS = 60;

/** A value on a chart: a gap is null, and no point at that place of the axis is undefined. */
type Value = number | null | undefined;

/** One series, its values in step with the axis of the chart. */
export interface IChartLine {
  series: ISeries;
  values: Value[];
  smooth: Value[];
  points: (IPoint | undefined)[];
}

/** The lines of one metric over a common axis. */
export interface IChartData {
  xs: number[];
  /** Whether the axis has steps; else points are numbered. */
  stepped: boolean;
  lines: IChartLine[];
}

export interface IChartOptions {
  /** Weight of what came before, from 0 (as it is) to less than 1. */
  smoothing: number;
  /** Whether the axis of values can hold positive ones only. */
  logarithmic: boolean;
}

/** What a chart of some series of one metric draws. */
export function chartData(
  all: readonly ISeries[],
  { smoothing, logarithmic }: IChartOptions
): IChartData {
  const stepped = all.every(series => series.stepped);
  const budget = Math.max(FEWEST_POINTS, Math.floor(DRAWN_POINTS / Math.max(1, all.length)));
  const chosen = all.map(series => thin(series.points, budget, stepped));
  const xs = [...new Set(chosen.flatMap(points => points.map(point => place(point, stepped))))];
  xs.sort((one, other) => one - other);
  const indices = new Map(xs.map((x, i) => [x, i]));
  const spread = <T>(points: readonly IPoint[], values: readonly T[]): (T | undefined)[] => {
    const row = new Array<T | undefined>(xs.length).fill(undefined);
    points.forEach((point, i) => (row[indices.get(place(point, stepped)) ?? -1] = values[i]));
    return row;
  };
  return {
    xs,
    stepped,
    lines: all.map((series, i) => {
      const points = chosen[i];
      const values = points.map(({ value }) =>
        logarithmic && value !== null && value <= 0 ? null : value
      );
      return {
        series,
        values: spread(points, values),
        smooth: smoothing > 0 ? spread(points, smoothed(values, smoothing)) : [],
        points: spread(points, points)
      };
    })
  };
}

/** The place of the line's last point at or before a place of the axis, or null. */
export function pointAt(line: IChartLine, index: number): IPoint | null {
  for (let i = Math.min(index, line.points.length - 1); i >= 0; i--) {
    const point = line.points[i];
    if (point) {
      return point;
    }
  }
  return null;
}
