import { type ReadonlyJSONObject, type ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { type SubmarineModel } from './model';

/** The experiments that a command is about, all of one upstream. */
export interface ITargets {
  ids: readonly string[];
  /** Null is the default upstream. */
  upstream: string | null;
}

/** JSON Schema of a command's arguments that name experiments. */
export function targetSchema(description: string): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      id: { type: 'string', description },
      ids: { type: 'array', items: { type: 'string' } },
      upstream: { type: ['string', 'null'] },
      isContext: { type: 'boolean' }
    }
  };
}

/** The experiments that a command's arguments name, else those selected in the panel. */
export function targetsOf(args: ReadonlyPartialJSONObject, model: SubmarineModel): ITargets {
  const { id, ids, upstream } = args;
  const named = typeof id === 'string' && id ? [id] : Array.isArray(ids) ? ids.map(String) : null;
  return named
    ? { ids: named, upstream: typeof upstream === 'string' ? upstream : null }
    : { ids: model.selected, upstream: model.upstream };
}
