import { createContext, useContext, useEffect, useState } from 'react';

/** Puts a text into the clipboard; fails where it cannot. */
export type Copy = (text: string) => void | Promise<void>;

/** What came of copying, as long as that is worth telling. */
export type CopyOutcome = 'copied' | 'refused' | null;

/** Milliseconds for which it is told. */
const TOLD = { copied: 2_000, refused: 10_000 };

/** The browser's own clipboard; a page that came without https has none. */
export async function copyByBrowser(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}

const CopyContext = createContext<Copy>(copyByBrowser);

/** Gives the view its host's way to the clipboard. */
export const CopyProvider = CopyContext.Provider;

/** Copies, and tells for a while what came of it. */
export function useCopying(): { outcome: CopyOutcome; copy: (text: string) => void } {
  const write = useContext(CopyContext);
  const [outcome, setOutcome] = useState<CopyOutcome>(null);
  useEffect(() => {
    if (outcome === null) {
      return;
    }
    const timer = setTimeout(() => setOutcome(null), TOLD[outcome]);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (text: string): Promise<void> => {
    try {
      await write(text);
      setOutcome('copied');
    } catch {
      setOutcome('refused');
    }
  };
  return { outcome, copy: text => void copy(text) };
}
