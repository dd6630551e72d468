import { type TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

interface IProblemProps {
  text: string;
  trans: TranslationBundle;
  onRetry: () => void;
}

/** What keeps a document from being shown, and a button to try again. */
export function Problem({ text, trans, onRetry }: IProblemProps): JSX.Element {
  return (
    <div className="jp-SubmarineNew-problem" role="alert">
      <p>{text}</p>
      <button type="button" className="jp-mod-styled" onClick={onRetry}>
        {trans.__('Try again')}
      </button>
    </div>
  );
}
