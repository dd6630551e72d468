import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, refreshIcon, UseSignal } from '@jupyterlab/ui-components';
import { type CommandRegistry } from '@lumino/commands';
import { type Message } from '@lumino/messaging';
import React, { useState } from 'react';
import { ExperimentList } from './experimentList';
import { type ListState, type SubmarineModel } from './model';
import { CommandIDs } from './tokens';
import { formatClock } from './view/format';
import { type IExperiment } from './view/records';

interface IPanelOptions {
  model: SubmarineModel;
  trans: TranslationBundle;
  commands: CommandRegistry;
}

/** The live list of the default upstream's experiments. */
export class ExperimentsPanel extends ReactWidget {
  constructor(private readonly _options: IPanelOptions) {
    super();
    this.addClass('jp-SubmarinePanel');
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    // Nothing is asked of a server before somebody looks.
    this._options.model.start();
  }

  protected override render(): JSX.Element {
    const { model } = this._options;
    return <UseSignal signal={model.changed}>{() => <PanelBody {...this._options} />}</UseSignal>;
  }
}

function PanelBody({ model, trans, commands }: IPanelOptions): JSX.Element {
  const [filter, setFilter] = useState('');
  const refresh = (): void => void commands.execute(CommandIDs.refresh);
  const shown = model.experiments.filter(experiment => matches(experiment, filter));
  return (
    <>
      <div className="jp-SubmarinePanel-header">
        <h2>{trans.__('Experiments')}</h2>
        <button
          type="button"
          className="jp-SubmarinePanel-refresh"
          title={trans.__('Read the list anew')}
          aria-label={trans.__('Refresh')}
          onClick={refresh}
        >
          <refreshIcon.react tag="span" />
        </button>
      </div>
      <input
        type="search"
        className="jp-SubmarinePanel-filter"
        placeholder={trans.__('Filter by name or status')}
        aria-label={trans.__('Filter experiments')}
        value={filter}
        onChange={event => setFilter(event.target.value)}
      />
      <StateNote
        state={model.state}
        isListEmpty={model.experiments.length === 0}
        trans={trans}
        onRetry={refresh}
      />
      {shown.length > 0 ? (
        <ExperimentList
          experiments={shown}
          trans={trans}
          onOpen={id => void commands.execute(CommandIDs.openExperiment, { id })}
        />
      ) : model.experiments.length > 0 ? (
        <p className="jp-SubmarinePanel-empty">{trans.__('No experiment matches.')}</p>
      ) : (
        <EmptyState state={model.state} trans={trans} />
      )}
    </>
  );
}

function matches(experiment: IExperiment, filter: string): boolean {
  const { name, framework, tags } = experiment.spec.meta;
  const text = [name, framework, experiment.status, experiment.experimentId, ...(tags ?? [])]
    .join(' ')
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}

interface IStateProps {
  state: ListState;
  trans: TranslationBundle;
}

interface INoteProps extends IStateProps {
  isListEmpty: boolean;
  onRetry: () => void;
}

function StateNote(props: INoteProps): JSX.Element | null {
  const { state, trans } = props;
  switch (state.kind) {
    case 'stopped':
      // What is listed was read before the server went.
      return props.isListEmpty ? null : (
        <p role="status" className="jp-SubmarinePanel-note" data-kind="info">
          {stoppedText(trans)}
        </p>
      );
    case 'disconnected':
      return (
        <p role="status" className="jp-SubmarinePanel-note" data-kind="warning">
          {trans.__('Disconnected since %1, trying again.', formatClock(state.since))}
        </p>
      );
    case 'failed':
      return (
        <div role="alert" className="jp-SubmarinePanel-note" data-kind="error">
          {state.message}{' '}
          <button type="button" className="jp-SubmarinePanel-retry" onClick={props.onRetry}>
            {trans.__('Try again')}
          </button>
        </div>
      );
    default:
      return null;
  }
}

function EmptyState({ state, trans }: IStateProps): JSX.Element | null {
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
