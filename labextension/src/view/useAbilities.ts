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

const NOTHING: ReadonlySet<string> = new Set();

/** Milliseconds before a question is asked again; each time twice as many, up to the most. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 60_000;

/**
 * What can be offered to the reader: nothing special as long as the server has not said it, and
 * what is for a reader only as soon as it has. The server itself refuses what is not allowed.
 *
 * @param live - whether the server answers: it is asked when it begins to
 */
export function useAbilities(source: IExperimentSource | null, live: boolean): IAbilities {
  const features = useAnswer(source, live, askFeatures);
  const readOnly = useAnswer(source, live, askReadOnly);
  return source && !source.features ? ALL : { features: features ?? NOTHING, readOnly };
}

async function askFeatures(source: IExperimentSource): Promise<ReadonlySet<string> | null> {
  return source.features?.() ?? null;
}

async function askReadOnly(source: IExperimentSource): Promise<ReadOnly | null> {
  return source.readOnly?.() ?? null;
}

/** What a live source says to a question; null until it has, and it is asked until it has. */
function useAnswer<T>(
  source: IExperimentSource | null,
  live: boolean,
  ask: (source: IExperimentSource) => Promise<T>
): T | null {
  const [known, setKnown] = useState<{ source: IExperimentSource; answer: T } | null>(null);
  useEffect(() => {
    if (!source || !live) {
      return;
    }
    let isOver = false;
    let timer: number | undefined;
    const askAgainAfter = (pause: number): Promise<void> =>
      ask(source).then(
        answer => {
          if (!isOver) {
            setKnown({ source, answer });
          }
        },
        () => {
          if (!isOver) {
            const next = Math.min(2 * pause, LONGEST_PAUSE);
            timer = window.setTimeout(() => void askAgainAfter(next), pause);
          }
        }
      );
    void askAgainAfter(FIRST_PAUSE);
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [source, live, ask]);
  return source && known?.source === source ? known.answer : null;
}
