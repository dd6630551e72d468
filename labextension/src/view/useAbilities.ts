import { useEffect, useState } from 'react';
import { type ReadOnly } from './readOnly';
import { type IExperimentSource } from './source';

/** What can be offered to the reader. */
export interface IAbilities {
  /** What the server of an experiment can do. */
  features: Pick<ReadonlySet<string>, 'has'>;
  /** What keeps the reader from changing anything, or null. */
  readOnly: ReadOnly | null;
}

const ALL: IAbilities = { features: { has: () => true }, readOnly: null };

const NONE: IAbilities = { features: new Set<string>(), readOnly: null };

/**
 * What can be offered to the reader: nothing special as long as the server has not said it.
 *
 * @param live - whether the server answers: it is asked again when it begins to
 */
export function useAbilities(source: IExperimentSource | null, live: boolean): IAbilities {
  const [known, setKnown] = useState<{ source: IExperimentSource; abilities: IAbilities } | null>(
    null
  );
  useEffect(() => {
    if (!source?.features || !live) {
      return;
    }
    let isOver = false;
    Promise.all([source.features(), source.readOnly?.() ?? null]).then(
      ([features, readOnly]) => !isOver && setKnown({ source, abilities: { features, readOnly } }),
      // It is asked again with the next source.
      () => undefined
    );
    return () => {
      isOver = true;
    };
  }, [source, live]);
  if (source && !source.features) {
    return ALL;
  }
  return source && known?.source === source ? known.abilities : NONE;
}
