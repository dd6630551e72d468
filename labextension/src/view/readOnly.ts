import { type ITranslate } from './texts';

/** What keeps the reader from changing anything: the user's permissions, or the server's token. */
export type ReadOnly = 'user' | 'token';

/** Why the reader may not change anything, in a sentence; null where they may. */
export function refusal(readOnly: ReadOnly | null, trans: ITranslate): string | null {
  switch (readOnly) {
    case 'user':
      return trans.__(
        'You may only read experiments here. To submit, stop or delete, ask for the permission.'
      );
    case 'token':
      return trans.__(
        'This server may only be read with your token. To submit, stop or delete, use a writer’s.'
      );
    default:
      return null;
  }
}

/** What makes a button act, or say why it does not: it can be reached all the same. */
export function actsUnless(
  refused: string | null,
  act: () => void
): { onClick: () => void } | { 'aria-disabled': true; title: string } {
  return refused === null ? { onClick: act } : { 'aria-disabled': true, title: refused };
}
