import React, { useRef } from 'react';
import { lanesOf } from './lanes';
import { podLabel } from './pods';
import { type IPod } from './records';
import { StatusIcon } from './StatusIcon';
import { useTranslate } from './texts';

/** What is selected when all pods are shown in one log. */
export const ALL_PODS = '*';

interface IPodTabsProps {
  pods: readonly IPod[];
  /** A pod's name, or `ALL_PODS`. */
  selected: string;
  /** Prefix of the element ids of tabs and panel. */
  idPrefix: string;
  onSelect: (pod: string) => void;
}

/** One tab a pod, with its state, and one for all; arrow keys go from one to the next. */
export function PodTabs(props: IPodTabsProps): JSX.Element {
  const trans = useTranslate();
  const list = useRef<HTMLDivElement>(null);
  const { pods, selected, idPrefix } = props;
  const names = pods.map(({ name }) => name);
  const keys = pods.length > 1 ? [ALL_PODS, ...names] : names;
  const lanes = lanesOf(pods);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const isReversed = list.current !== null && getComputedStyle(list.current).direction === 'rtl';
    const at = keys.indexOf(selected);
    const step = { ArrowRight: isReversed ? -1 : 1, ArrowLeft: isReversed ? 1 : -1 }[event.key];
    const to =
      step === undefined
        ? { Home: 0, End: keys.length - 1 }[event.key]
        : (at + step + keys.length) % keys.length;
    if (to === undefined) {
      return;
    }
    event.preventDefault();
    props.onSelect(keys[to]);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[to].focus();
  };
  const attributes = (key: string): React.ButtonHTMLAttributes<HTMLButtonElement> => ({
    role: 'tab',
    id: tabId(idPrefix, pods, key),
    'aria-controls': panelId(idPrefix),
    'aria-selected': key === selected,
    tabIndex: key === selected ? 0 : -1,
    className: 'submarine-PodTab',
    onClick: () => props.onSelect(key)
  });
  return (
    <div
      ref={list}
      role="tablist"
      aria-label={trans.__('Pods')}
      className="submarine-PodTabs"
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    >
      {pods.length > 1 && (
        <button type="button" {...attributes(ALL_PODS)}>
          {trans.__('All pods')}
        </button>
      )}
      {pods.map(pod => (
        <button key={pod.name} type="button" title={describe(pod)} {...attributes(pod.name)}>
          {selected === ALL_PODS && (
            <span
              aria-hidden="true"
              className="submarine-PodTab-lane"
              style={{ background: lanes.get(pod.name)?.colour }}
            />
          )}
          <StatusIcon state={pod.state} />
          {podLabel(pod)}
          <span className="submarine-visually-hidden">{pod.state}</span>
        </button>
      ))}
    </div>
  );
}

/** Id of a tab: made of its place, since names come from the server. */
export function tabId(prefix: string, pods: readonly IPod[], key: string): string {
  const at = pods.findIndex(({ name }) => name === key);
  return `${prefix}-tab-${at === -1 ? 'all' : at}`;
}

/** Id of the panel that the tabs control. */
export function panelId(prefix: string): string {
  return `${prefix}-panel`;
}

function describe(pod: IPod): string {
  const details = [pod.state, pod.reason];
  if (pod.exitCode) {
    details.push(`exit ${pod.exitCode}`);
  }
  return `${pod.name}: ${details.filter(Boolean).join(', ')}`;
}
