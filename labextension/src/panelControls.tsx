import { type TranslationBundle } from '@jupyterlab/translation';
import { addIcon, HTMLSelect, refreshIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import React from 'react';
import { sortIcon } from './icons';
import { type SubmarineModel } from './model';
import { type Group, GROUPS, type Order, ORDERS } from './order';
import { CommandIDs } from './tokens';
import { ToolButton } from './toolButton';
import { actsUnless, refusal } from './view/readOnly';
import { isTerminal, type PodState, type Status } from './view/records';
import { StatusIcon } from './view/StatusIcon';

/** Execute a command. */
export type Run = (command: string, args?: { [name: string]: string | null }) => void;

interface IHeaderProps {
  trans: TranslationBundle;
  order: Order;
  onOrder: (order: Order) => void;
  run: Run;
}

/** The panel's title with its buttons. */
export function PanelHeader({ trans, order, onOrder, run }: IHeaderProps): JSX.Element {
  return (
    <div className="jp-SubmarinePanel-header">
      <h2>{trans.__('Experiments')}</h2>
      <ToolButton
        icon={addIcon}
        label={trans.__('New experiment')}
        onClick={() => run(CommandIDs.newExperiment)}
      />
      <ToolButton
        icon={sortIcon}
        label={trans.__('Sort')}
        opensMenu
        onClick={event => openOrderMenu(event.currentTarget, order, onOrder, trans)}
      />
      <ToolButton
        icon={refreshIcon}
        label={trans.__('Refresh')}
        title={trans.__('Read the list anew')}
        onClick={() => run(CommandIDs.refresh)}
      />
    </div>
  );
}

function openOrderMenu(
  button: HTMLElement,
  current: Order,
  onOrder: (order: Order) => void,
  trans: TranslationBundle
): void {
  const commands = new CommandRegistry();
  const menu = new Menu({ commands });
  const labels: { [order in Order]: string } = {
    newest: trans.__('Newest first'),
    oldest: trans.__('Oldest first'),
    name: trans.__('By name'),
    status: trans.__('By status'),
    duration: trans.__('Longest first')
  };
  ORDERS.forEach(order => {
    commands.addCommand(`submarine:sort-${order}`, {
      label: labels[order],
      isToggleable: true,
      isToggled: () => order === current,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => onOrder(order)
    });
    menu.addItem({ command: `submarine:sort-${order}` });
  });
  menu.aboutToClose.connect(() => {
    button.focus();
    // The chosen command runs after the menu has closed.
    requestAnimationFrame(() => menu.dispose());
  });
  const { left, bottom } = button.getBoundingClientRect();
  menu.open(left, bottom);
}

interface IModelProps {
  model: SubmarineModel;
  trans: TranslationBundle;
}

/** Which upstream is listed; nothing where there is only one. */
export function UpstreamChoice({ model, trans }: IModelProps): JSX.Element | null {
  const { handshake } = model.upstreams;
  const names = Object.keys(handshake?.upstreams ?? {});
  if (!handshake || names.length < 2) {
    return null;
  }
  return (
    <HTMLSelect
      className="jp-SubmarinePanel-upstream"
      aria-label={trans.__('Experiment server')}
      value={model.upstream ?? handshake.default_upstream}
      onChange={event => model.choose(event.target.value)}
      options={names}
    />
  );
}

interface IFilterProps {
  counts: { [group in Group]: number };
  groups: ReadonlySet<Group>;
  trans: TranslationBundle;
  onChange: (groups: ReadonlySet<Group>) => void;
}

/** The status that stands for a group. */
const STATUS: { [group in Group]: Status | PodState } = {
  waiting: 'Accepted',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
  stopped: 'Stopped'
};

/** A button for each group of statuses, with how many it has. */
export function StatusFilter({ counts, groups, trans, onChange }: IFilterProps): JSX.Element {
  const labels: { [group in Group]: string } = {
    waiting: trans._n('%1 waiting', '%1 waiting', counts.waiting),
    running: trans._n('%1 running', '%1 running', counts.running),
    succeeded: trans._n('%1 succeeded', '%1 succeeded', counts.succeeded),
    failed: trans._n('%1 failed', '%1 failed', counts.failed),
    stopped: trans._n('%1 stopped', '%1 stopped', counts.stopped)
  };
  const toggle = (group: Group): void => {
    const next = new Set(groups);
    if (!next.delete(group)) {
      next.add(group);
    }
    onChange(next);
  };
  return (
    <div className="jp-SubmarinePanel-groups" role="group" aria-label={trans.__('Show by status')}>
      {GROUPS.map(group => (
        <button
          key={group}
          type="button"
          aria-pressed={groups.has(group)}
          aria-label={labels[group]}
          title={labels[group]}
          onClick={() => toggle(group)}
        >
          <StatusIcon state={STATUS[group]} />
          {counts[group]}
        </button>
      ))}
    </div>
  );
}

interface ISelectionProps extends IModelProps {
  run: Run;
}

/** What can be done with the selected experiments. */
export function SelectionBar({ model, trans, run }: ISelectionProps): JSX.Element | null {
  const { selected } = model;
  const refused = refusal(model.upstreams.readOnly(model.upstream), trans);
  if (selected.length === 0) {
    return null;
  }
  const isOn = selected.some(id => {
    const status = model.find(id)?.status;
    return status !== undefined && !isTerminal(status);
  });
  const actions: [string, string, boolean, string | null][] = [
    [trans.__('Clone'), CommandIDs.cloneExperiment, selected.length === 1, null],
    [trans.__('Compare'), CommandIDs.compareExperiments, selected.length > 1, null],
    [trans.__('Stop'), CommandIDs.stopExperiment, isOn, refused],
    [trans.__('Delete'), CommandIDs.deleteExperiment, true, refused]
  ];
  return (
    <div
      className="jp-SubmarinePanel-selection"
      role="toolbar"
      aria-label={trans.__('Selected experiments')}
    >
      <span role="status">{trans._n('%1 selected', '%1 selected', selected.length)}</span>
      {actions
        .filter(([, , isOffered]) => isOffered)
        .map(([label, command, , refusedTo]) => (
          <button
            key={command}
            type="button"
            className="submarine-Button"
            {...actsUnless(refusedTo, () => run(command))}
          >
            {label}
          </button>
        ))}
    </div>
  );
}
