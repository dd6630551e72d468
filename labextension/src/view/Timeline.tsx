import React from 'react';
import { formatClock, formatDateTime, formatDuration, parseTime } from './format';
import { shorten } from './pods';
import { type IExperiment, type ITimelineEvent, type Status } from './records';
import { StatusIcon } from './StatusIcon';
import { statusLabel } from './statusLabel';
import { useTranslate } from './texts';

interface ITimelineProps {
  experiment: IExperiment;
  events: readonly ITimelineEvent[];
}

/** What happened to an experiment: its statuses with their times, and all events, oldest first. */
export function Timeline({ experiment, events }: ITimelineProps): JSX.Element {
  const trans = useTranslate();
  return (
    <div className="submarine-Timeline">
      <Phases experiment={experiment} />
      {events.length === 0 ? (
        <p className="submarine-View-empty">{trans.__('This server tells of no events.')}</p>
      ) : (
        <ol className="submarine-Timeline-events" aria-label={trans.__('Events')}>
          {events.map((event, i) => (
            <Event key={i} event={event} experimentId={experiment.experimentId} />
          ))}
        </ol>
      )}
    </div>
  );
}

interface IPhase {
  status: Status;
  begin: number;
  /** How long it took until the next one, or null. */
  duration: number | null;
}

/** The statuses that the experiment came through, each with how long it lasted. */
function Phases({ experiment }: { experiment: IExperiment }): JSX.Element {
  const trans = useTranslate();
  return (
    <ol className="submarine-Phases" aria-label={trans.__('Statuses')}>
      {phasesOf(experiment).map(({ status, begin, duration }) => (
        <li key={status}>
          <span className="submarine-Phases-status">
            <StatusIcon state={status} />
            {statusLabel(status, trans)}
          </span>
          <time dateTime={new Date(begin).toISOString()} title={formatDateTime(begin)}>
            {formatClock(begin)}
          </time>
          {duration !== null && (
            <bdi className="submarine-quiet">{formatDuration(duration, trans)}</bdi>
          )}
        </li>
      ))}
    </ol>
  );
}

function phasesOf(experiment: IExperiment): IPhase[] {
  const { status, acceptedTime, createdTime, runningTime, finishedTime } = experiment;
  const begun: [Status, string | null][] = [
    ['Accepted', acceptedTime],
    ['Created', createdTime],
    ['Running', runningTime],
    [status, finishedTime]
  ];
  const known = begun.flatMap(([phase, time]): [Status, number][] => {
    const begin = parseTime(time);
    return begin === null ? [] : [[phase, begin]];
  });
  return known.map(([phase, begin], i) => ({
    status: phase,
    begin,
    duration: i + 1 < known.length ? known[i + 1][1] - begin : null
  }));
}

function Event(props: { event: ITimelineEvent; experimentId: string }): JSX.Element {
  const { event, experimentId } = props;
  const time = parseTime(event.time);
  return (
    <li data-kind={event.kind}>
      <time dateTime={event.time}>{time === null ? '' : formatClock(time)}</time>
      <span className="submarine-Timeline-what">
        <span className="submarine-Timeline-reason">{event.reason}</span>
        {event.pod && <span className="submarine-quiet">{shorten(event.pod, experimentId)}</span>}
        {event.kind !== 'evidence' && <bdi>{shorten(event.message, experimentId)}</bdi>}
      </span>
      {/* The evidence of a failure is a piece of a log. */}
      {event.kind === 'evidence' && <pre>{event.message}</pre>}
    </li>
  );
}
