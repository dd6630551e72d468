import { type ISpec, type SubmarineApi } from '../api';
import { authored, programOf } from '../form/cell';
import { type IExperiment } from '../view/records';
import { type ISeries, newest, withPoints } from '../view/series';

/** What is compared of one experiment. */
export interface IResult {
  experiment: IExperiment;
  /** The spec as somebody would write it; a program stands in place of its command. */
  spec: ISpec;
  series: readonly ISeries[];
}

/** Read an experiment, its spec and its metrics. */
export async function readResult(
  api: SubmarineApi,
  upstream: string | null,
  id: string
): Promise<IResult> {
  const [experiment, batches] = await Promise.all([
    api.get(upstream, id),
    // Servers without metrics have none to compare.
    api.series(upstream, id).catch(() => [])
  ]);
  const program = await programOf(experiment.spec);
  const written = authored(experiment.spec);
  const meta = program === null ? written.meta : { ...(written.meta as object), cmd: program };
  const series = batches.reduce<readonly ISeries[]>(withPoints, []);
  return { experiment, spec: { ...written, meta }, series };
}

/** The names of all metrics, each once. */
export function metricNames(results: readonly IResult[]): string[] {
  return [...new Set(results.flatMap(({ series }) => series.map(({ name }) => name)))];
}

/** The last value of a metric in the pod that leads, or null. */
export function finalValue({ series }: IResult, name: string): number | null {
  const [leading] = series
    .filter(other => other.name === name)
    .sort((one, other) => rank(one) - rank(other));
  return (leading && newest(leading)?.value) ?? null;
}

/** Chief, else master, else the first worker; a later start before an earlier. */
function rank({ pod, attempt }: ISeries): number {
  const at = ['-chief-', '-master-', '-worker-0'].findIndex(part => pod.includes(part));
  return (at === -1 ? LAST : at) - attempt / MANY;
}

const LAST = 9;
const MANY = 1_000_000;
