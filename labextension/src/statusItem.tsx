import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import React from 'react';
import { experimentIcon } from './icons';
import { type SubmarineModel } from './model';

interface IStatusItemOptions {
  model: SubmarineModel;
  trans: TranslationBundle;
  onClick: () => void;
}

/** How many experiments run and wait, in one line. */
export class StatusItem extends ReactWidget {
  constructor(private readonly _options: IStatusItemOptions) {
    super();
    this.addClass('jp-SubmarineStatus');
  }

  protected override render(): JSX.Element {
    const { model, trans, onClick } = this._options;
    return (
      <UseSignal signal={model.changed}>
        {() => (
          <button type="button" title={trans.__('Show the experiments')} onClick={onClick}>
            <experimentIcon.react tag="span" width="14px" height="14px" />
            {this._text()}
          </button>
        )}
      </UseSignal>
    );
  }

  private _text(): string {
    const { model, trans } = this._options;
    const { running, waiting } = model.counts;
    const runs = trans._n('%1 running', '%1 running', running);
    const waits = trans._n('%1 waiting', '%1 waiting', waiting);
    return [running > 0 ? runs : '', waiting > 0 ? waits : ''].filter(Boolean).join(', ');
  }
}
