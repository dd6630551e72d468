import { type TranslationBundle } from '@jupyterlab/translation';
import React, { useLayoutEffect, useRef, useState } from 'react';
import { ExperimentRow } from './experimentRow';
import { extended, toggled } from './selection';
import { type IColumns } from './settings';
import { type IExperiment } from './view/records';
import { useNow } from './view/useNow';
import { OVERSCAN, useWindow } from './windowing';

interface IListProps {
  experiments: readonly IExperiment[];
  selected: readonly string[];
  columns: IColumns;
  /** Whether the reader can see the list; its times stand still else. */
  isShown: boolean;
  trans: TranslationBundle;
  onSelect: (ids: readonly string[]) => void;
  onOpen: (id: string) => void;
  onDelete: () => void;
  onTag: (tag: string) => void;
}

/**
 * The rows, of which only those in sight are in the page.
 *
 * One row takes part in tabbing, arrow keys go to the others. A click selects, with Ctrl or
 * Command one more, with Shift all between.
 */
export function ExperimentList(props: IListProps): JSX.Element {
  const { experiments, selected, onSelect, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { first, last, rowHeight, reveal } = useWindow(scroller, experiments.length);
  const inSight = experiments.slice(first, last);
  const isTicking = props.columns.duration && inSight.some(({ status }) => status === 'Running');
  const now = useNow(isTicking ? 1_000 : 30_000, props.isShown);
  const [current, setCurrent] = useState<string | null>(null);
  const [anchor, setAnchor] = useState<string | null>(null);
  // A row that a key chose gets the focus as soon as it is there.
  const wantsFocus = useRef(false);
  const ids = experiments.map(({ experimentId }) => experimentId);
  const at = Math.max(0, current === null ? 0 : ids.indexOf(current));

  useLayoutEffect(() => {
    if (wantsFocus.current) {
      wantsFocus.current = false;
      const row = scroller.current?.querySelector<HTMLElement>('[role="option"][tabindex="0"]');
      row?.focus({ preventScroll: true });
    }
  });

  const select = (id: string, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }) => {
    setCurrent(id);
    if (event.shiftKey) {
      onSelect(extended(ids, anchor ?? ids[at], id));
      return;
    }
    setAnchor(id);
    onSelect(event.ctrlKey || event.metaKey ? toggled(selected, id) : [id]);
  };
  const move = (event: React.KeyboardEvent): void => {
    const page = Math.max(1, last - first - 2 * OVERSCAN);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: ids.length - 1
    }[event.key];
    if (to === undefined) {
      return;
    }
    const index = Math.min(ids.length - 1, Math.max(0, to));
    event.preventDefault();
    wantsFocus.current = true;
    reveal(index);
    select(ids[index], { shiftKey: event.shiftKey, ctrlKey: false, metaKey: false });
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const isAccel = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter') {
      onOpen(ids[at]);
    } else if (event.key === ' ') {
      select(ids[at], { shiftKey: false, ctrlKey: true, metaKey: false });
    } else if (event.key === 'a' && isAccel) {
      onSelect(ids);
    } else if (event.key === 'Escape') {
      onSelect([]);
    } else if (event.key === 'Delete' || (event.key === 'Backspace' && isAccel)) {
      if (selected.length === 0) {
        onSelect([ids[at]]);
      }
      props.onDelete();
    } else {
      move(event);
      return;
    }
    event.preventDefault();
  };

  const shown = new Set(Array.from({ length: last - first }, (_, i) => first + i));
  // It keeps the focus, wherever the list is scrolled to.
  shown.add(at);
  const isSelected = new Set(selected);
  return (
    <div ref={scroller} className="jp-SubmarinePanel-scroller">
      <ul
        role="listbox"
        aria-label={props.trans.__('Experiments')}
        aria-multiselectable="true"
        className="jp-SubmarinePanel-list"
        data-lm-suppress-shortcuts="true"
        style={{ height: ids.length * rowHeight }}
        onKeyDown={onKeyDown}
      >
        {[...shown]
          .sort((one, other) => one - other)
          .map(index => (
            <ExperimentRow
              key={ids[index]}
              experiment={experiments[index]}
              index={index}
              total={ids.length}
              top={index * rowHeight}
              columns={props.columns}
              now={now}
              trans={props.trans}
              isCurrent={index === at}
              isSelected={isSelected.has(ids[index])}
              onFocus={() => setCurrent(ids[index])}
              onSelect={event => select(ids[index], event)}
              onContextMenu={() => {
                if (!isSelected.has(ids[index])) {
                  select(ids[index], { shiftKey: false, ctrlKey: false, metaKey: false });
                }
              }}
              onOpen={() => onOpen(ids[index])}
              onTag={props.onTag}
            />
          ))}
      </ul>
    </div>
  );
}
