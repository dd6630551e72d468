import React from 'react';
import { type PodState, type Status } from './records';

type State = Status | PodState;

/** One shape for each state, so that none is told by its colour alone. */
const SHAPES: { [state in State]: JSX.Element } = {
  Accepted: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.5V8l2.5 1.5" />
    </>
  ),
  Pending: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.5V8l2.5 1.5" />
    </>
  ),
  Created: (
    <>
      <circle cx="8" cy="8" r="6" />
      <circle cx="8" cy="8" r="2" className="submarine-fill" />
    </>
  ),
  Running: (
    <>
      <circle cx="8" cy="8" r="6" className="submarine-track" />
      <path d="M8 2a6 6 0 0 1 6 6" />
    </>
  ),
  Succeeded: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M5.2 8.2l2 2 3.6-4" />
    </>
  ),
  Failed: (
    <>
      <path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5z" />
      <path d="M6 6l4 4M10 6l-4 4" />
    </>
  ),
  Stopped: <rect x="3" y="3" width="10" height="10" rx="1.5" />,
  Deleted: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M5 8h6" />
    </>
  )
};

/** The icon of an experiment's status or of a pod's state. */
export function StatusIcon(props: { state: State }): JSX.Element {
  return (
    <svg
      className="submarine-StatusIcon"
      data-state={props.state}
      viewBox="0 0 16 16"
      width="14"
      height="14"
      aria-hidden="true"
    >
      {SHAPES[props.state] ?? SHAPES.Pending}
    </svg>
  );
}

/** An experiment's status as icon and word. */
export function StatusBadge(props: { status: State; label: string }): JSX.Element {
  return (
    <span className="submarine-StatusBadge" data-submarine-status={props.status}>
      <StatusIcon state={props.status} />
      {props.label}
    </span>
  );
}
