import React from 'react';
import { formatClock, parseTime } from './format';
import { type ITimelineEvent } from './records';
import { useTranslate } from './texts';

interface ITimelineProps {
  experimentId: string;
  events: readonly ITimelineEvent[];
}

/** What happened to an experiment, newest last, folded away at first. */
export function Timeline(props: ITimelineProps): JSX.Element | null {
  const trans = useTranslate();
  if (props.events.length === 0) {
    return null;
  }
  return (
    <details className="submarine-Timeline">
      <summary data-lm-suppress-shortcuts="true">
        {trans._n('%1 event', '%1 events', props.events.length)}
      </summary>
      <ol>
        {props.events.map((event, i) => {
          const time = parseTime(event.time);
          return (
            <li key={i} data-kind={event.kind}>
              <time dateTime={event.time}>{time === null ? '' : formatClock(time)}</time>
              <span className="submarine-Timeline-reason">{event.reason}</span>
              {event.pod && <span>{shortName(event.pod, props.experimentId)}</span>}
              <span>{event.message}</span>
            </li>
          );
        })}
      </ol>
    </details>
  );
}

/** A pod's name without its experiment's id, which every pod's begins with. */
function shortName(pod: string, experimentId: string): string {
  return pod.startsWith(`${experimentId}-`) ? pod.slice(experimentId.length + 1) : pod;
}
