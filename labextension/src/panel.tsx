import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { type CommandRegistry } from '@lumino/commands';
import { type Message } from '@lumino/messaging';
import React, { useEffect, useMemo, useReducer, useState } from 'react';
import { ExperimentList } from './experimentList';
import { type SubmarineModel } from './model';
import { choose, countGroups, type Group, type Order } from './order';
import { EmptyState, StateNote } from './panelStates';
import { PanelHeader, SelectionBar, StatusFilter, UpstreamChoice } from './panelControls';
import { type SubmarineSettings } from './settings';
import { CommandIDs } from './tokens';

export interface IPanelOptions {
  model: SubmarineModel;
  settings: SubmarineSettings;
  trans: TranslationBundle;
  commands: CommandRegistry;
}

/** The live list of an upstream's experiments. */
export class ExperimentsPanel extends ReactWidget {
  constructor(private readonly _options: IPanelOptions) {
    super();
    this.addClass('jp-SubmarinePanel');
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    // The older pages are not asked for before somebody looks.
    this._options.model.startAll();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.querySelector<HTMLElement>('[role="option"][tabindex="0"], input')?.focus();
  }

  protected override render(): JSX.Element {
    return <PanelBody {...this._options} />;
  }
}

const NO_GROUPS: ReadonlySet<Group> = new Set();

function PanelBody({ model, settings, trans, commands }: IPanelOptions): JSX.Element {
  useChanges(model, settings);
  const [words, setWords] = useState('');
  const [groups, setGroups] = useState(NO_GROUPS);
  const [order, setOrder] = useState<Order>('newest');
  const now = useNow(30_000);
  const { experiments, state } = model;
  const counts = useMemo(() => countGroups(experiments), [experiments]);
  const shown = useMemo(
    () => choose(experiments, { words, groups, order }, now),
    [experiments, words, groups, order, now]
  );
  const run = (command: string, args = {}): void => void commands.execute(command, args);
  const refresh = (): void => run(CommandIDs.refresh);
  return (
    <>
      <PanelHeader trans={trans} order={order} onOrder={setOrder} run={run} />
      <UpstreamChoice model={model} trans={trans} />
      <input
        type="search"
        className="jp-SubmarinePanel-filter"
        placeholder={trans.__('Filter by name, status or tag')}
        aria-label={trans.__('Filter experiments')}
        value={words}
        onChange={event => setWords(event.target.value)}
      />
      <StatusFilter counts={counts} groups={groups} trans={trans} onChange={setGroups} />
      <StateNote model={model} trans={trans} onRetry={refresh} />
      {shown.length > 0 ? (
        <ExperimentList
          experiments={shown}
          selected={model.selected}
          columns={settings.values.columns}
          now={now}
          trans={trans}
          onSelect={ids => model.select(ids)}
          onOpen={id => run(CommandIDs.openExperiment, { id, upstream: model.upstream })}
          onDelete={() => run(CommandIDs.deleteExperiment)}
          onTag={tag => setWords(`tag:${tag}`)}
        />
      ) : experiments.length > 0 ? (
        <div className="jp-SubmarinePanel-empty">
          <p>{trans.__('No experiment matches.')}</p>
          <button
            type="button"
            className="jp-SubmarinePanel-link"
            onClick={() => {
              setWords('');
              setGroups(NO_GROUPS);
            }}
          >
            {trans.__('Show all')}
          </button>
        </div>
      ) : (
        <EmptyState state={state} trans={trans} run={run} />
      )}
      <SelectionBar model={model} trans={trans} run={run} />
    </>
  );
}

/** Render again after changes, at most once a frame however fast they come. */
function useChanges(model: SubmarineModel, settings: SubmarineSettings): void {
  const [, render] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    let frame = 0;
    const onChange = (): void => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        render();
      });
    };
    model.changed.connect(onChange);
    settings.changed.connect(onChange);
    // What changed between the first rendering and now.
    onChange();
    return () => {
      cancelAnimationFrame(frame);
      model.changed.disconnect(onChange);
      settings.changed.disconnect(onChange);
    };
  }, [model, settings]);
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
