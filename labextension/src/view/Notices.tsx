import React from 'react';
import { formatClock } from './format';
import { isGone, type IViewState } from './state';
import { useTranslate } from './texts';

interface INoticesProps {
  state: IViewState;
  /** What the host has to say, such as which upstream to configure. */
  hostNotice: string | null;
}

/** What is wrong or out of the ordinary, one sentence each. */
export function Notices(props: INoticesProps): JSX.Element {
  const trans = useTranslate();
  const { state, hostNotice } = props;
  return (
    <div className="submarine-Notices">
      {hostNotice && <Notice kind="info" text={hostNotice} />}
      {state.disconnectedSince !== null && (
        <Notice
          kind="warning"
          text={trans.__(
            'Disconnected since %1, trying again.',
            formatClock(state.disconnectedSince)
          )}
        />
      )}
      <StreamError state={state} />
      {isGone(state) && <Notice kind="info" text={trans.__('This experiment was deleted.')} />}
    </div>
  );
}

function StreamError(props: { state: IViewState }): JSX.Element | null {
  const trans = useTranslate();
  const { error, disconnectedSince } = props.state;
  if (!error || disconnectedSince !== null) {
    return null;
  }
  switch (error.code) {
    case 'NotStarted':
      return (
        <Notice
          kind="info"
          text={trans.__(
            'The experiment server is not running; it starts with the next submit. ' +
              'Runs go on without it.'
          )}
        />
      );
    case 'NotFound':
      // Told as a deletion.
      return null;
    default:
      return <Notice kind="error" text={error.message} />;
  }
}

function Notice(props: { kind: 'info' | 'warning' | 'error'; text: string }): JSX.Element {
  return (
    <p role={props.kind === 'info' ? 'note' : 'status'} data-kind={props.kind}>
      {props.text}
    </p>
  );
}
