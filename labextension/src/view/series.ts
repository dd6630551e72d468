import { type IMetricBatch } from './records';

/** Points that a page keeps of one series; beyond that their picture is kept. */
export const MAX_POINTS = 2_000;

/** Series that a page keeps of one experiment. */
const MAX_SERIES = 500;

/** A value that a log line tells. */
export interface IPoint {
  /** How many points came before it. */
  ordinal: number;
  step: number | null;
  /** Null where the line holds no finite number: a gap. */
  value: number | null;
  /** Where its line begins in the log. */
  offset: number;
}

/** The points of one metric of one start of a pod, in the order of the log. */
export interface ISeries {
  pod: string;
  attempt: number;
  /** How often its log had been cut short. */
  cuts: number;
  name: string;
  points: readonly IPoint[];
  /** Whether each point has a step, and they grow, so that steps can be an axis. */
  stepped: boolean;
}

/** The series after a batch of points; the same array when all of them were known. */
export function withPoints(all: readonly ISeries[], batch: IMetricBatch): readonly ISeries[] {
  const { pod, attempt = 1, cuts = 0, name } = batch;
  const known = all.find(
    other => other.pod === pod && other.attempt === attempt && other.name === name
  );
  if (known ? known.cuts > cuts : all.length >= MAX_SERIES) {
    return all;
  }
  // The lines that points from before a cut come from are gone.
  const before: ISeries =
    known?.cuts === cuts ? known : { pod, attempt, cuts, name, points: [], stepped: true };
  const after = extended(before, batch.points);
  if (after === before) {
    return all;
  }
  return known ? all.map(other => (other === known ? after : other)) : [...all, after];
}

function extended(series: ISeries, points: IMetricBatch['points']): ISeries {
  const last = series.points[series.points.length - 1];
  // One who comes back gets the series from its beginning.
  const known = last?.offset ?? -1;
  const added = points
    .filter(([, , offset]) => offset > known)
    .map(([step, value, offset], i) => ({
      ordinal: (last?.ordinal ?? -1) + 1 + i,
      step,
      value,
      offset
    }));
  if (added.length === 0) {
    return series;
  }
  const stepped = series.stepped && grows([...(last ? [last] : []), ...added]);
  const all = [...series.points, ...added];
  // Thinned to half, so that it is seldom needed.
  const kept = all.length > MAX_POINTS ? thin(all, MAX_POINTS / 2, stepped) : all;
  return { ...series, points: kept, stepped };
}

function grows(points: readonly IPoint[]): boolean {
  return points.every(
    ({ step }, i) => step !== null && (i === 0 || step > (points[i - 1].step ?? Infinity))
  );
}

/** Where a point stands on the axis. */
export function place(point: IPoint, stepped: boolean): number {
  return stepped ? (point.step ?? point.ordinal) : point.ordinal;
}

/**
 * At most `limit` points whose picture is that of all: the axis is divided into equal parts, and
 * of each part the smallest, the largest and the first gap stay, besides the first and last point.
 */
export function thin(points: readonly IPoint[], limit: number, stepped: boolean): IPoint[] {
  if (points.length <= limit) {
    return [...points];
  }
  const first = place(points[0], stepped);
  const width = (place(points[points.length - 1], stepped) - first) / ((limit - 2) / 3) || 1;
  const kept: IPoint[] = [];
  let begin = 0;
  for (let i = 1; i <= points.length; i++) {
    if (i === points.length || part(points[i]) !== part(points[begin])) {
      kept.push(...extremes(points, begin, i));
      begin = i;
    }
  }
  return kept;

  function part(point: IPoint): number {
    return Math.floor((place(point, stepped) - first) / width);
  }

  function extremes(all: readonly IPoint[], from: number, to: number): IPoint[] {
    let least = -1;
    let most = -1;
    let gap = -1;
    for (let i = from; i < to; i++) {
      const { value } = all[i];
      if (value === null) {
        gap = gap === -1 ? i : gap;
      } else {
        least = least === -1 || value < (all[least].value ?? 0) ? i : least;
        most = most === -1 || value > (all[most].value ?? 0) ? i : most;
      }
    }
    const chosen = new Set([least, most, gap]);
    if (from === 0) {
      chosen.add(0);
    }
    if (to === all.length) {
      chosen.add(to - 1);
    }
    return [...chosen]
      .filter(i => i !== -1)
      .sort((one, other) => one - other)
      .map(i => all[i]);
  }
}

/** The last point of a series that has a value. */
export function newest(series: ISeries): IPoint | null {
  for (let i = series.points.length - 1; i >= 0; i--) {
    if (series.points[i].value !== null) {
      return series.points[i];
    }
  }
  return null;
}

/** The series by metric, in the order in which the metrics came up. */
export function byMetric(all: readonly ISeries[]): [string, ISeries[]][] {
  const groups = new Map<string, ISeries[]>();
  for (const series of all) {
    const group = groups.get(series.name);
    if (group) {
      group.push(series);
    } else {
      groups.set(series.name, [series]);
    }
  }
  return [...groups];
}

/**
 * An exponential moving average of values, without its pull to zero at the beginning.
 *
 * @param weight - of what came before, from 0 (none) to less than 1
 */
export function smoothed(
  values: readonly (number | null)[],
  weight: number
): readonly (number | null)[] {
  let mean = 0;
  let count = 0;
  return values.map(value => {
    if (value === null) {
      return null;
    }
    mean = mean * weight + value * (1 - weight);
    count += 1;
    return mean / (1 - weight ** count);
  });
}
