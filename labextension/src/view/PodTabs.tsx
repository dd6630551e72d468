import React, { useRef } from 'react';
import { type IPod } from './records';
import { StatusIcon } from './StatusIcon';
import { useTranslate } from './texts';

interface IPodTabsProps {
  pods: readonly IPod[];
  selected: string;
  /** Prefix of the element ids of tabs and panel. */
  idPrefix: string;
  onSelect: (pod: string) => void;
}

/** One tab a pod, with its state; arrow keys go from one to the next. */
export function PodTabs(props: IPodTabsProps): JSX.Element {
  const trans = useTranslate();
  const list = useRef<HTMLDivElement>(null);
  const { pods, selected } = props;
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const at = pods.findIndex(pod => pod.name === selected);
    const to = {
      ArrowRight: (at + 1) % pods.length,
      ArrowLeft: (at - 1 + pods.length) % pods.length,
      Home: 0,
      End: pods.length - 1
    }[event.key];
    if (to === undefined) {
      return;
    }
    event.preventDefault();
    props.onSelect(pods[to].name);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[to].focus();
  };
  return (
    <div
      ref={list}
      role="tablist"
      aria-label={trans.__('Pods')}
      className="submarine-PodTabs"
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    >
      {pods.map(pod => (
        <button
          key={pod.name}
          type="button"
          role="tab"
          id={tabId(props.idPrefix, pod)}
          aria-controls={panelId(props.idPrefix)}
          aria-selected={pod.name === selected}
          tabIndex={pod.name === selected ? 0 : -1}
          className="submarine-PodTab"
          title={describe(pod)}
          onClick={() => props.onSelect(pod.name)}
        >
          <StatusIcon state={pod.state} />
          {pod.role ? `${pod.role} ${pod.index}` : pod.name}
          <span className="submarine-visually-hidden">{pod.state}</span>
        </button>
      ))}
    </div>
  );
}

/** Id of the tab of a pod: made of its place, since names come from the server. */
export function tabId(prefix: string, pod: IPod): string {
  return `${prefix}-tab-${pod.role || 'pod'}-${pod.index}`.replace(/[^\w:-]/g, '_');
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
