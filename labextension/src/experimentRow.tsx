import { type TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { FrameworkIcon } from './frameworkIcon';
import { type IColumns } from './settings';
import { elapsed, formatAge, formatDuration, parseTime } from './view/format';
import { shownStatus, statusLabel } from './view/statusLabel';
import { type IExperiment } from './view/records';
import { StatusBadge } from './view/StatusIcon';

interface IRowProps {
  experiment: IExperiment;
  index: number;
  total: number;
  /** Pixels from the top of the list. */
  top: number;
  columns: IColumns;
  now: number;
  trans: TranslationBundle;
  isCurrent: boolean;
  isSelected: boolean;
  onFocus: () => void;
  onSelect: (event: React.MouseEvent) => void;
  onContextMenu: () => void;
  onOpen: () => void;
  onTag: (tag: string) => void;
}

/** One experiment of the list. */
export function ExperimentRow(props: IRowProps): JSX.Element {
  const { experiment, columns, now, trans } = props;
  const { experimentId, spec } = experiment;
  const status = shownStatus(experiment, experiment.reason);
  const { name, framework, tags } = spec.meta;
  const accepted = parseTime(experiment.acceptedTime);
  const duration = elapsed(experiment, now);
  return (
    <li
      role="option"
      aria-selected={props.isSelected}
      aria-setsize={props.total}
      aria-posinset={props.index + 1}
      tabIndex={props.isCurrent ? 0 : -1}
      className="jp-SubmarinePanel-row"
      style={{ transform: `translateY(${props.top}px)` }}
      title={experimentId}
      onFocus={props.onFocus}
      onClick={props.onSelect}
      onContextMenu={props.onContextMenu}
      onDoubleClick={props.onOpen}
    >
      <span className="jp-SubmarinePanel-name">{name || experimentId}</span>
      <StatusBadge status={status} label={statusLabel(status, trans)} />
      <span className="jp-SubmarinePanel-about">
        {columns.framework && framework && (
          <span className="jp-SubmarinePanel-fact">
            <FrameworkIcon framework={framework} />
            {framework}
          </span>
        )}
        {columns.duration && duration !== null && (
          <span
            className="jp-SubmarinePanel-fact jp-SubmarinePanel-duration"
            title={trans.__('Running time')}
          >
            {formatDuration(duration, trans)}
          </span>
        )}
        {columns.tags && (
          <span className="jp-SubmarinePanel-tags">
            {(tags ?? []).map(tag => (
              <span
                key={tag}
                className="jp-SubmarinePanel-tag"
                title={trans.__('Show what has the tag %1', tag)}
                onClick={event => {
                  event.stopPropagation();
                  props.onTag(tag);
                }}
              >
                {tag}
              </span>
            ))}
          </span>
        )}
      </span>
      <span className="jp-SubmarinePanel-age">
        {columns.age && accepted !== null ? formatAge(now - accepted, trans) : ''}
      </span>
    </li>
  );
}
