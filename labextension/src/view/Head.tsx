import React, { useLayoutEffect, useRef, useState } from 'react';
import { useCopying } from './copying';
import { elapsed, formatDuration } from './format';
import { useKeptFocus } from './keptFocus';
import { actsUnless } from './readOnly';
import { type IExperiment, type IPod, isTerminal } from './records';
import { RolePods } from './RolePods';
import { StatusBadge } from './StatusIcon';
import { shownStatus, statusLabel } from './statusLabel';
import { useTranslate } from './texts';
import { useNow } from './useNow';

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
  const isTicking = props.experiment.runningTime !== null && !isTerminal(props.experiment.status);
  const now = useNow(1000, isTicking);
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
  const { outcome, copy } = useCopying();
  return (
    <button
      type="button"
      className="submarine-Head-id"
      title={trans.__('Copy the experiment id')}
      onClick={() => copy(props.id)}
    >
      {props.id}
      <span role="status" className="submarine-Head-copied" data-outcome={outcome}>
        {outcome === 'copied' && trans.__('Copied')}
        {outcome === 'refused' &&
          trans.__('Not copied: the browser keeps its clipboard from this page')}
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
  const bar = useRef<HTMLDivElement>(null);
  const asked = useRef<Question | null>(null);
  const focusHandlers = useKeptFocus(() => buttonAfter(bar.current, asked.current));
  const ask = (about: Question): void => {
    asked.current = about;
    setQuestion(about);
  };
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
    <div
      ref={bar}
      className="submarine-Head-actions"
      data-lm-suppress-shortcuts="true"
      {...focusHandlers}
    >
      {question === null ? (
        <>
          {canStop && (
            <Button
              label={trans.__('Stop')}
              asks="stop"
              refused={props.refused}
              onClick={() => ask('stop')}
            />
          )}
          {clone && <Button label={trans.__('Clone')} onClick={clone} />}
          {remove && (
            <Button
              label={trans.__('Delete')}
              asks="remove"
              refused={props.refused}
              onClick={() => ask('remove')}
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

/** The button that asked; where it is gone, its neighbour. */
function buttonAfter(bar: HTMLElement | null, asked: Question | null): HTMLElement | null {
  return (
    bar?.querySelector<HTMLElement>(`[data-asks="${asked}"]`) ??
    bar?.querySelector('button') ??
    bar?.parentElement?.querySelector('button') ??
    null
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
  useLayoutEffect(() => cancel.current?.focus({ preventScroll: true }), []);
  const { busy } = props;
  const onCancel = busy ? undefined : props.onCancel;
  return (
    <div
      role="group"
      aria-label={props.question}
      className="submarine-Confirmation"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          onCancel?.();
        }
      }}
    >
      <span>{props.question}</span>
      <button
        ref={cancel}
        type="button"
        className="submarine-Button"
        aria-disabled={busy}
        onClick={onCancel}
      >
        {trans.__('Cancel')}
      </button>
      <button
        type="button"
        className="submarine-Button submarine-mod-danger"
        // A button that is disabled would lose the focus.
        aria-disabled={busy}
        onClick={busy ? undefined : props.onConfirm}
      >
        {props.label}
      </button>
    </div>
  );
}

interface IButtonProps {
  label: string;
  /** What it asks before it acts. */
  asks?: Question;
  refused?: string | null;
  onClick: () => void;
}

function Button({ label, asks, refused = null, onClick }: IButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className="submarine-Button"
      data-asks={asks}
      {...actsUnless(refused, onClick)}
    >
      {label}
    </button>
  );
}
