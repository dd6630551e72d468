import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { type CommandRegistry } from '@lumino/commands';
import { type Message } from '@lumino/messaging';
import React, { useCallback, useEffect, useMemo, useReducer, useSyncExternalStore } from 'react';
import { ExperimentList } from './experimentList';
import { type SubmarineModel } from './model';
import { choose, countGroups, type Group, type IChoice } from './order';
import { type PanelChoice } from './panelChoice';
import { EmptyState, StateNote } from './panelStates';
import { PanelHeader, SelectionBar, StatusFilter, UpstreamChoice } from './panelControls';
import { type SubmarineSettings } from './settings';
import { CommandIDs } from './tokens';
import { useNow } from './view/useNow';

export interface IPanelOptions {
  model: SubmarineModel;
  settings: SubmarineSettings;
  choice: PanelChoice;
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
    this.update();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.update();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    const row = this.node.querySelector<HTMLElement>('[role="option"][tabindex="0"]');
    (row ?? this.node.querySelector('input'))?.focus();
  }

  protected override render(): JSX.Element {
    return <PanelBody {...this._options} isShown={this.isVisible} />;
  }
}

const NO_GROUPS: ReadonlySet<Group> = new Set();

interface IBodyProps extends IPanelOptions {
  /** Whether the reader can see the panel; its times stand still else. */
  isShown: boolean;
}

function PanelBody(props: IBodyProps): JSX.Element {
  const { model, settings, choice, trans, commands, isShown } = props;
  useChanges(model, settings);
  const { words, groups, order } = useChoice(choice);
  const now = useNow(30_000, isShown);
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
      <PanelHeader
        trans={trans}
        order={order}
        onOrder={next => choice.update({ order: next })}
        run={run}
      />
      <UpstreamChoice model={model} trans={trans} />
      <input
        type="search"
        className="submarine-Field jp-SubmarinePanel-filter"
        placeholder={trans.__('Filter by name, status or tag')}
        aria-label={trans.__('Filter experiments')}
        value={words}
        onChange={event => choice.update({ words: event.target.value })}
      />
      <StatusFilter
        counts={counts}
        groups={groups}
        trans={trans}
        onChange={next => choice.update({ groups: next })}
      />
      <StateNote model={model} trans={trans} onRetry={refresh} />
      {shown.length > 0 ? (
        <ExperimentList
          experiments={shown}
          selected={model.selected}
          columns={settings.values.columns}
          isShown={isShown}
          trans={trans}
          onSelect={ids => model.select(ids)}
          onOpen={id => run(CommandIDs.openExperiment, { id, upstream: model.upstream })}
          onDelete={() => run(CommandIDs.deleteExperiment)}
          onTag={tag => choice.update({ words: `tag:${tag}` })}
        />
      ) : experiments.length > 0 ? (
        <div className="jp-SubmarinePanel-empty">
          <p>{trans.__('No experiment matches.')}</p>
          <button
            type="button"
            className="jp-SubmarinePanel-link"
            onClick={() => choice.update({ words: '', groups: NO_GROUPS })}
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

/** What is chosen now; a field that is typed in needs it before the next key. */
function useChoice(choice: PanelChoice): IChoice {
  const subscribe = useCallback(
    (onChange: () => void) => {
      choice.changed.connect(onChange);
      return () => void choice.changed.disconnect(onChange);
    },
    [choice]
  );
  return useSyncExternalStore(subscribe, () => choice.value);
}
