import React from 'react';
import { advice } from './advice';
import { type IDiagnosis } from './diagnosis';
import { formatBytes } from './format';
import { podLabel } from './pods';
import { type IExperiment, type IPod } from './records';
import { type ITranslate, useTranslate } from './texts';
import { type ICodePlace, readTraceback } from './traceback';

interface IFailureProps {
  diagnosis: IDiagnosis;
  experiment: IExperiment;
  /** Show a line of the cell that ran. */
  onPlace: (place: ICodePlace) => void;
}

/** Why a run failed: the sentence, the evidence, and what to do. */
export function Failure(props: IFailureProps): JSX.Element {
  const trans = useTranslate();
  const { diagnosis, experiment } = props;
  const todo = advice(diagnosis, experiment, trans);
  const isStopped = diagnosis.reason === 'Stopped';
  return (
    <div className="submarine-Failure" data-kind={isStopped ? 'info' : 'error'}>
      <p role="status" className="submarine-Failure-sentence" dir="auto">
        {diagnosis.sentence}
      </p>
      {todo && <p className="submarine-Failure-advice">{todo}</p>}
      {!isStopped && diagnosis.pod && <Facts pod={diagnosis.pod} experiment={experiment} />}
      {diagnosis.lines.length > 0 && (
        <details className="submarine-Failure-evidence" open>
          <summary data-lm-suppress-shortcuts="true">
            {diagnosis.pod
              ? trans.__('Last lines of %1', podLabel(diagnosis.pod))
              : trans.__('Last lines')}
          </summary>
          <Evidence lines={diagnosis.lines} onPlace={props.onPlace} />
        </details>
      )}
    </div>
  );
}

function Facts(props: { pod: IPod; experiment: IExperiment }): JSX.Element | null {
  const trans = useTranslate();
  const facts = factsOf(props.pod, props.experiment, trans);
  return (
    <dl className="submarine-Failure-facts">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(pod: IPod, experiment: IExperiment, trans: ITranslate): [string, string][] {
  const facts: [string, string][] = [[trans.__('Pod'), podLabel(pod)]];
  if (pod.exitCode !== null && pod.exitCode !== undefined) {
    facts.push([trans.__('Exit code'), String(pod.exitCode)]);
  }
  if (pod.signal) {
    facts.push([trans.__('Signal'), pod.signal]);
  }
  const resources = experiment.spec.spec[pod.role]?.resources;
  if (resources) {
    facts.push([trans.__('Asked for'), resources]);
  }
  if (pod.attempt !== undefined && pod.attempt > 1) {
    facts.push([trans.__('Attempt'), String(pod.attempt)]);
  }
  if (pod.logSize) {
    facts.push([trans.__('Log'), formatBytes(pod.logSize, trans)]);
  }
  return facts;
}

/** Lines of a log; those that name a line of the cell lead to it. */
function Evidence(props: {
  lines: readonly string[];
  onPlace: (place: ICodePlace) => void;
}): JSX.Element {
  const trans = useTranslate();
  return (
    <pre data-lm-suppress-shortcuts="true">
      {readTraceback(props.lines).map((pieces, i) => (
        <React.Fragment key={i}>
          {pieces.map(({ text, place }, j) =>
            place ? (
              <button
                key={j}
                type="button"
                className="submarine-Link"
                title={trans.__('Show line %1 of the cell', place.line)}
                onClick={() => props.onPlace(place)}
              >
                {text}
              </button>
            ) : (
              text
            )
          )}
          {'\n'}
        </React.Fragment>
      ))}
    </pre>
  );
}
