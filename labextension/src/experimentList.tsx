import { type TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';
import { elapsed, formatAge, formatDuration, parseTime } from './view/format';
import { statusLabel } from './view/Head';
import { type IExperiment, isTerminal } from './view/records';
import { StatusBadge } from './view/StatusIcon';

/** Rows shown at first, and more with each request for them. */
const PAGE = 200;

interface IListProps {
  experiments: readonly IExperiment[];
  trans: TranslationBundle;
  onOpen: (id: string) => void;
}

/** The rows; one of them takes part in tabbing, arrow keys go to the others. */
export function ExperimentList(props: IListProps): JSX.Element {
  const { trans, onOpen } = props;
  const [limit, setLimit] = useState(PAGE);
  const experiments = props.experiments.slice(0, limit);
  const hidden = props.experiments.length - experiments.length;
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
    <div className="jp-SubmarinePanel-scroller">
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
      {hidden > 0 && (
        <button
          type="button"
          className="jp-SubmarinePanel-more"
          onClick={() => setLimit(limit + PAGE)}
        >
          {trans._n('Show %1 more', 'Show %1 more', Math.min(hidden, PAGE))}
        </button>
      )}
    </div>
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
  // Of a run that goes on its age tells enough, and a ticking list is restless.
  const duration = isTerminal(experiment.status) ? elapsed(experiment, props.now) : null;
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
      <span className="jp-SubmarinePanel-about">
        {[framework, duration === null ? null : formatDuration(duration, trans)]
          .filter(Boolean)
          .join(' · ')}
      </span>
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
