import React, { useRef } from 'react';

export interface ITab {
  /** Names the tab in its elements' ids: letters, digits and hyphens. */
  key: string;
  label: string;
  /** How many things are in it, or null. */
  count: number | null;
}

interface ITabsProps {
  label: string;
  tabs: readonly ITab[];
  selected: string;
  /** Prefix of the element ids of tabs and panels. */
  idPrefix: string;
  onSelect: (key: string) => void;
}

/** The parts of the view; arrow keys go from one to the next. */
export function Tabs(props: ITabsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const { tabs, selected, idPrefix } = props;
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const isReversed = list.current !== null && getComputedStyle(list.current).direction === 'rtl';
    const at = tabs.findIndex(({ key }) => key === selected);
    const step = { ArrowRight: isReversed ? -1 : 1, ArrowLeft: isReversed ? 1 : -1 }[event.key];
    const to =
      step === undefined
        ? { Home: 0, End: tabs.length - 1 }[event.key]
        : (at + step + tabs.length) % tabs.length;
    if (to === undefined) {
      return;
    }
    event.preventDefault();
    props.onSelect(tabs[to].key);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[to].focus();
  };
  return (
    <div
      ref={list}
      role="tablist"
      aria-label={props.label}
      className="submarine-Tabs"
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    >
      {tabs.map(({ key, label, count }) => (
        <button
          key={key}
          type="button"
          role="tab"
          id={partTabId(idPrefix, key)}
          aria-controls={partPanelId(idPrefix, key)}
          aria-selected={key === selected}
          tabIndex={key === selected ? 0 : -1}
          className="submarine-Tab"
          onClick={() => props.onSelect(key)}
        >
          {label}
          {count !== null && count > 0 && <span className="submarine-Tab-count">{count}</span>}
        </button>
      ))}
    </div>
  );
}

interface ITabPanelProps {
  tab: string;
  selected: string;
  idPrefix: string;
  children: React.ReactNode;
}

/** What a tab shows. */
export function TabPanel(props: ITabPanelProps): JSX.Element {
  const { tab, selected, idPrefix } = props;
  return (
    <div
      role="tabpanel"
      id={partPanelId(idPrefix, tab)}
      aria-labelledby={partTabId(idPrefix, tab)}
      className="submarine-View-part"
      data-part={tab}
      hidden={tab !== selected}
    >
      {props.children}
    </div>
  );
}

function partTabId(prefix: string, key: string): string {
  return `${prefix}-part-tab-${key}`;
}

function partPanelId(prefix: string, key: string): string {
  return `${prefix}-part-${key}`;
}
