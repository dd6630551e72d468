import { type ISpec } from '../api';
import { isObject } from '../view/snapshot';

/** One field of several specs. */
export interface IField {
  /** Where it is, such as `meta.envVars.LR`. */
  path: string;
  /** Its value in each spec, as text; null where a spec does not have it. */
  values: (string | null)[];
  differs: boolean;
}

/** The fields of some specs, in the order in which they appear. */
export function fieldsOf(specs: readonly ISpec[]): IField[] {
  const leaves = specs.map(spec => new Map(flatten(spec, '')));
  const paths = new Set(leaves.flatMap(leaf => [...leaf.keys()]));
  return [...paths]
    .filter(path => path !== NAME)
    .map(path => {
      const values = leaves.map(leaf => leaf.get(path) ?? null);
      return { path, values, differs: new Set(values).size > 1 };
    });
}

/** The columns are called so. */
const NAME = 'meta.name';

/** Of texts of several lines, the lines that are not in all of them; an ellipsis for the others. */
export function differingLines(values: readonly (string | null)[]): (string | null)[] {
  const lines = values.map(value => new Set(value?.split('\n')));
  return values.map(value => {
    const kept = value
      ?.split('\n')
      .map(line => (lines.every(other => other.has(line)) ? GAP : line))
      .filter((line, i, all) => line !== GAP || all[i - 1] !== GAP);
    return kept ? kept.join('\n') : null;
  });
}

const GAP = '…';

function flatten(value: unknown, path: string): [string, string][] {
  if (isObject(value)) {
    return Object.entries(value).flatMap(([name, inner]) =>
      flatten(inner, path ? `${path}.${name}` : name)
    );
  }
  if (value === null || value === undefined) {
    return [];
  }
  return [[path, Array.isArray(value) ? value.join(', ') : String(value)]];
}
