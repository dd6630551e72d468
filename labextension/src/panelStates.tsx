import { type TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { diagnose } from './handshake';
import { type ListState, type SubmarineModel } from './model';
import { type Run } from './panelControls';
import { CommandIDs } from './tokens';
import { formatClock } from './view/format';

interface INoteProps {
  model: SubmarineModel;
  trans: TranslationBundle;
  onRetry: () => void;
}

/** What is wrong with the list, and what to try. */
export function StateNote({ model, trans, onRetry }: INoteProps): JSX.Element | null {
  const { state, upstream } = model;
  const { handshake } = model.upstreams;
  const hint = handshake ? diagnose(handshake, upstream, trans) : null;
  switch (state.kind) {
    case 'stopped':
      // What is listed was read before the server went.
      return model.experiments.length === 0 ? null : (
        <p role="status" className="jp-SubmarinePanel-note" data-kind="info">
          {stoppedText(trans)}
        </p>
      );
    case 'disconnected':
      return (
        <div role="status" className="jp-SubmarinePanel-note" data-kind="warning">
          <p>{trans.__('Disconnected since %1, trying again.', formatClock(state.since))}</p>
          <p>
            {hint?.kind === 'unreachable'
              ? hint.text
              : trans.__(
                  'Runs go on without the connection. If it stays away, see whether the ' +
                    'Jupyter server still runs.'
                )}
          </p>
          <Retry trans={trans} onRetry={onRetry} />
        </div>
      );
    case 'failed':
      return (
        <div role="alert" className="jp-SubmarinePanel-note" data-kind="error">
          <p>{state.message}</p>
          <Retry trans={trans} onRetry={onRetry} />
        </div>
      );
    default:
      return hint ? (
        <p role="status" className="jp-SubmarinePanel-note" data-kind="info">
          {hint.text}
        </p>
      ) : null;
  }
}

function Retry({ trans, onRetry }: Pick<INoteProps, 'trans' | 'onRetry'>): JSX.Element {
  return (
    <button type="button" className="jp-SubmarinePanel-link" onClick={onRetry}>
      {trans.__('Try again')}
    </button>
  );
}

interface IEmptyProps {
  state: ListState;
  trans: TranslationBundle;
  run: Run;
}

/** What stands in place of a list that has nothing. */
export function EmptyState({ state, trans, run }: IEmptyProps): JSX.Element | null {
  if (state.kind === 'loading') {
    return <p className="jp-SubmarinePanel-empty">{trans.__('Loading…')}</p>;
  }
  if (state.kind !== 'live' && state.kind !== 'stopped') {
    return null;
  }
  if (state.kind === 'stopped' && state.hasRun) {
    return <p className="jp-SubmarinePanel-empty">{stoppedText(trans)}</p>;
  }
  return (
    <div className="jp-SubmarinePanel-empty">
      <p>{trans.__('No experiments yet. Submit one from a notebook cell:')}</p>
      <pre>{EXAMPLE}</pre>
      <div className="jp-SubmarinePanel-first">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          onClick={() => run(CommandIDs.insertCell)}
        >
          {trans.__('Insert this cell')}
        </button>
        <button
          type="button"
          className="jp-mod-styled"
          onClick={() => run(CommandIDs.newExperiment)}
        >
          {trans.__('Fill in a form')}
        </button>
      </div>
    </div>
  );
}

function stoppedText(trans: TranslationBundle): string {
  return trans.__(
    'The experiment server is not running; it starts with the next submit. ' +
      'Runs go on without it.'
  );
}

const EXAMPLE = `%load_ext submarine_jupyter

%%submarine experiment --name hello
print('hello from an experiment')`;
