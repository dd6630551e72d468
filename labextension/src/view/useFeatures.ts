import { useEffect, useState } from 'react';
import { type IExperimentSource } from './source';

/** What the server of an experiment can do. */
export type Features = Pick<ReadonlySet<string>, 'has'>;

const ALL: Features = { has: () => true };

const NONE: Features = new Set<string>();

/**
 * What can be offered to the reader: nothing special as long as the server has not said it.
 *
 * @param live - whether the server answers: it is asked again when it begins to
 */
export function useFeatures(source: IExperimentSource | null, live: boolean): Features {
  const [known, setKnown] = useState<{ source: IExperimentSource; features: Features } | null>(
    null
  );
  useEffect(() => {
    if (!source?.features || !live) {
      return;
    }
    let isOver = false;
    source.features().then(
      features => !isOver && setKnown({ source, features }),
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
  return source && known?.source === source ? known.features : NONE;
}
