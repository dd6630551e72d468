import { createContext, useContext } from 'react';

/** The part of a JupyterLab translation bundle that the view uses. */
export interface ITranslate {
  /** Translate a sentence with `%1`, `%2` … for its arguments. */
  __(msgid: string, ...args: (string | number)[]): string;
  /** Translate a sentence whose form depends on the count `n`, which stands for `%1`. */
  _n(msgid: string, msgidPlural: string, n: number, ...args: (string | number)[]): string;
}

function fill(text: string, args: readonly (string | number)[]): string {
  return text.replace(/%(\d+)/g, (_, index) => String(args[Number(index) - 1] ?? ''));
}

/** English, for a host without translations. */
export const ENGLISH: ITranslate = {
  __: (msgid, ...args) => fill(msgid, args),
  _n: (msgid, msgidPlural, n, ...args) => fill(n === 1 ? msgid : msgidPlural, [n, ...args])
};

const TranslateContext = createContext<ITranslate>(ENGLISH);

export const TranslateProvider = TranslateContext.Provider;

/** The host's translations. */
export function useTranslate(): ITranslate {
  return useContext(TranslateContext);
}
