import React from 'react';
import { formatClock, parseTime } from './format';
import { shorten } from './pods';
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
              {event.pod && <span>{shorten(event.pod, props.experimentId)}</span>}
              <Message event={event} experimentId={props.experimentId} />
            </li>
          );
        })}
      </ol>
    </details>
  );
}

function Message(props: { event: ITimelineEvent; experimentId: string }): JSX.Element {
  const { message, kind } = props.event;
  // The evidence of a failure is a piece of a log.
  return kind === 'evidence' ? (
    <pre>{message}</pre>
  ) : (
    <span>{shorten(message, props.experimentId)}</span>
  );
}
