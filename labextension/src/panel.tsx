import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, refreshIcon, UseSignal } from '@jupyterlab/ui-components';
import { type CommandRegistry } from '@lumino/commands';
import { type Message } from '@lumino/messaging';
import React, { useEffect, useRef, useState } from 'react';
import { type ListState, type SubmarineModel } from './model';
import { CommandIDs } from './tokens';
import { formatAge, formatClock, parseTime } from './view/format';
import { statusLabel } from './view/Head';
import { type IExperiment } from './view/records';
import { StatusBadge } from './view/StatusIcon';

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
          onClick={() => void commands.execute(CommandIDs.refresh)}
        >
          <refreshIcon.react tag="span" />
        </button>
      </div>
      <input
        type="search"
        className="jp-SubmarinePanel-filter"
        placeholder={trans.__('Filter by name, status, framework')}
        aria-label={trans.__('Filter experiments')}
        value={filter}
        onChange={event => setFilter(event.target.value)}
      />
      <StateNote state={model.state} trans={trans} />
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

function StateNote({ state, trans }: IStateProps): JSX.Element | null {
  switch (state.kind) {
    case 'disconnected':
      return (
        <p role="status" className="jp-SubmarinePanel-note" data-kind="warning">
          {trans.__('Disconnected since %1, trying again.', formatClock(state.since))}
        </p>
      );
    case 'failed':
      return (
        <p role="alert" className="jp-SubmarinePanel-note" data-kind="error">
          {state.message}
        </p>
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
  return (
    <div className="jp-SubmarinePanel-empty">
      <p>{trans.__('No experiments yet. Submit one from a notebook cell:')}</p>
      <pre>{EXAMPLE}</pre>
      {state.kind === 'stopped' && (
        <p>{trans.__('The experiment server is not running; it starts with the next submit.')}</p>
      )}
    </div>
  );
}

const EXAMPLE = `%load_ext submarine_jupyter

%%submarine experiment --name hello
print('hello from an experiment')`;

interface IListProps {
  experiments: readonly IExperiment[];
  trans: TranslationBundle;
  onOpen: (id: string) => void;
}

/** The rows; one of them takes part in tabbing, arrow keys go to the others. */
function ExperimentList({ experiments, trans, onOpen }: IListProps): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const now = useNow(30_000);
  const at = Math.max(
    0,
    experiments.findIndex(({ experimentId }) => experimentId === current)
  );
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault();
      onOpen(experiments[at].experimentId);
      return;
    }
    const last = experiments.length - 1;
    const to = {
      ArrowDown: Math.min(at + 1, last),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: last
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setCurrent(experiments[to].experimentId);
      (list.current?.children[to] as HTMLElement | undefined)?.focus();
    }
  };
  return (
    <ul
      ref={list}
      role="listbox"
      aria-label={trans.__('Experiments')}
      className="jp-SubmarinePanel-list"
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    >
      {experiments.map((experiment, i) => (
        <Row
          key={experiment.experimentId}
          experiment={experiment}
          now={now}
          trans={trans}
          isCurrent={i === at}
          onSelect={() => setCurrent(experiment.experimentId)}
          onOpen={() => onOpen(experiment.experimentId)}
        />
      ))}
    </ul>
  );
}

interface IRowProps {
  experiment: IExperiment;
  now: number;
  trans: TranslationBundle;
  isCurrent: boolean;
  onSelect: () => void;
  onOpen: () => void;
}

function Row(props: IRowProps): JSX.Element {
  const { experiment, trans } = props;
  const { name, framework } = experiment.spec.meta;
  const accepted = parseTime(experiment.acceptedTime);
  return (
    <li
      role="option"
      aria-selected={props.isCurrent}
      tabIndex={props.isCurrent ? 0 : -1}
      className="jp-SubmarinePanel-row"
      title={experiment.experimentId}
      onFocus={props.onSelect}
      onDoubleClick={props.onOpen}
    >
      <span className="jp-SubmarinePanel-name">{name || experiment.experimentId}</span>
      <StatusBadge status={experiment.status} label={statusLabel(experiment.status, trans)} />
      <span className="jp-SubmarinePanel-framework">{framework}</span>
      <span className="jp-SubmarinePanel-age">
        {accepted === null ? '' : formatAge(props.now - accepted, trans)}
      </span>
    </li>
  );
}

/** The time, brought up to date every `period` milliseconds. */
function useNow(period: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), period);
    return () => clearInterval(timer);
  }, [period]);
  return now;
}
