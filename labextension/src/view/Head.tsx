import React, { useEffect, useRef, useState } from 'react';
import { elapsed, formatDuration } from './format';
import { actsUnless } from './readOnly';
import { type IExperiment, type IPod, isTerminal } from './records';
import { RolePods } from './RolePods';
import { StatusBadge } from './StatusIcon';
import { shownStatus, statusLabel } from './statusLabel';
import { useTranslate } from './texts';

/** What the reader can do with the experiment; null is not offered. */
export interface IHeadActions {
  stop: (() => Promise<void>) | null;
  clone: (() => void) | null;
  remove: (() => Promise<void>) | null;
  downloadLog: (() => void) | null;
  open: (() => void) | null;
}

interface IHeadProps {
  experimentId: string;
  name: string;
  experiment: IExperiment | null;
  /** Why it failed, in a word, where that is known. */
  reason: string | null;
  pods: readonly IPod[];
  /** Why the reader may not change the experiment; null where they may. */
  refused: string | null;
  actions: IHeadActions;
}

/** Name, id, status and what can be done. */
export function Head(props: IHeadProps): JSX.Element {
  const trans = useTranslate();
  const { experiment, experimentId } = props;
  const status = experiment && shownStatus(experiment, props.reason);
  return (
    <header className="submarine-Head">
      <div className="submarine-Head-text">
        <div className="submarine-Head-title">
          {status && <StatusBadge status={status} label={statusLabel(status, trans)} />}
          <bdi className="submarine-Head-name">{props.name}</bdi>
          {experiment && <Elapsed experiment={experiment} />}
        </div>
        <div className="submarine-Head-about">
          <CopyId id={experimentId} />
          {experiment?.spec.meta.framework && <span>{experiment.spec.meta.framework}</span>}
          {experiment && <RolePods experiment={experiment} pods={props.pods} />}
        </div>
      </div>
      <Actions
        actions={props.actions}
        refused={props.refused}
        active={experiment !== null && !isTerminal(experiment.status)}
      />
    </header>
  );
}

function Elapsed(props: { experiment: IExperiment }): JSX.Element | null {
  const trans = useTranslate();
  const [now, setNow] = useState(Date.now);
  const ticking = props.experiment.runningTime !== null && !isTerminal(props.experiment.status);
  useEffect(() => {
    if (!ticking) {
      return;
    }
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ticking]);
  const duration = elapsed(props.experiment, now);
  if (duration === null) {
    return null;
  }
  return (
    <bdi className="submarine-Head-elapsed" title={trans.__('Running time')}>
      {formatDuration(duration, trans)}
    </bdi>
  );
}

function CopyId(props: { id: string }): JSX.Element {
  const trans = useTranslate();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) {
      return;
    }
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    navigator.clipboard?.writeText(props.id).then(
      () => setCopied(true),
      () => undefined
    );
  };
  return (
    <button
      type="button"
      className="submarine-Head-id"
      title={trans.__('Copy the experiment id')}
      onClick={copy}
    >
      {props.id}
      <span role="status" className="submarine-Head-copied">
        {copied ? trans.__('Copied') : ''}
      </span>
    </button>
  );
}

type Question = 'stop' | 'remove';

interface IActionsProps extends Pick<IHeadProps, 'actions' | 'refused'> {
  active: boolean;
}

function Actions(props: IActionsProps): JSX.Element {
  const trans = useTranslate();
  const { stop, clone, remove, downloadLog, open } = props.actions;
  const [question, setQuestion] = useState<Question | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const perform = async (action: (() => Promise<void>) | null): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await action?.();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
      setQuestion(null);
    }
  };
  const canStop = stop !== null && props.active;
  return (
    <div className="submarine-Head-actions" data-lm-suppress-shortcuts="true">
      {question === null ? (
        <>
          {canStop && (
            <Button
              label={trans.__('Stop')}
              refused={props.refused}
              onClick={() => setQuestion('stop')}
            />
          )}
          {clone && <Button label={trans.__('Clone')} onClick={clone} />}
          {remove && (
            <Button
              label={trans.__('Delete')}
              refused={props.refused}
              onClick={() => setQuestion('remove')}
            />
          )}
          {downloadLog && <Button label={trans.__('Download log')} onClick={downloadLog} />}
          {open && <Button label={trans.__('Open')} onClick={open} />}
        </>
      ) : question === 'stop' ? (
        <Confirmation
          question={trans.__('Stop this run? Its record and logs are kept.')}
          label={trans.__('Stop')}
          busy={busy}
          onConfirm={() => void perform(stop)}
          onCancel={() => setQuestion(null)}
        />
      ) : (
        <Confirmation
          question={trans.__('Delete this experiment with its logs?')}
          label={trans.__('Delete')}
          busy={busy}
          onConfirm={() => void perform(remove)}
          onCancel={() => setQuestion(null)}
        />
      )}
      {problem && (
        <span role="alert" className="submarine-Head-problem">
          {problem}
        </span>
      )}
    </div>
  );
}

interface IConfirmationProps {
  question: string;
  label: string;
  busy: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

/** A question in place of the buttons; the harmless answer has the focus. */
function Confirmation(props: IConfirmationProps): JSX.Element {
  const trans = useTranslate();
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus({ preventScroll: true }), []);
  return (
    <div
      role="group"
      aria-label={props.question}
      className="submarine-Confirmation"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.onCancel();
        }
      }}
    >
      <span>{props.question}</span>
      <button
        ref={cancel}
        type="button"
        className="submarine-Button"
        disabled={props.busy}
        onClick={props.onCancel}
      >
        {trans.__('Cancel')}
      </button>
      <button
        type="button"
        className="submarine-Button submarine-mod-danger"
        disabled={props.busy}
        onClick={props.onConfirm}
      >
        {props.label}
      </button>
    </div>
  );
}

interface IButtonProps {
  label: string;
  refused?: string | null;
  onClick: () => void;
}

function Button({ label, refused = null, onClick }: IButtonProps): JSX.Element {
  return (
    <button type="button" className="submarine-Button" {...actsUnless(refused, onClick)}>
      {label}
    </button>
  );
}
