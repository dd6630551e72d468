import React, { useEffect, useRef, useState } from 'react';
import { type IExperimentSource, type IProgramText, type ISubmission } from './source';
import { useTranslate } from './texts';
import { type ICodePlace } from './traceback';

interface ISpecProps {
  source: IExperimentSource;
  /** The line of the program to show, or null. */
  place: ICodePlace | null;
}

/** What was submitted: the spec as YAML, and the cell that it runs. */
export function Spec({ source, place }: ISpecProps): JSX.Element {
  const trans = useTranslate();
  const [submission, setSubmission] = useState<ISubmission | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isOver = false;
    source.submission?.().then(
      answer => !isOver && setSubmission(answer),
      error => !isOver && setProblem(error instanceof Error ? error.message : String(error))
    );
    return () => {
      isOver = true;
    };
  }, [source]);
  return (
    <div className="submarine-Spec">
      {problem && <p role="alert">{problem}</p>}
      {submission?.program && <Program program={submission.program} place={place} />}
      {submission && (
        <section aria-label={trans.__('Spec')}>
          <pre className="submarine-Code" tabIndex={0}>
            {submission.yaml}
          </pre>
        </section>
      )}
    </div>
  );
}

function Program(props: { program: IProgramText; place: ICodePlace | null }): JSX.Element {
  const trans = useTranslate();
  const { program, place } = props;
  const shown = useRef<HTMLSpanElement>(null);
  useEffect(() => shown.current?.scrollIntoView({ block: 'center' }), [place, program]);
  return (
    <section aria-label={trans.__('Program')}>
      <h3>{program.name}</h3>
      <pre className="submarine-Code submarine-mod-numbered" tabIndex={0}>
        {program.source.split('\n').map((text, i) => {
          const line = program.firstLine + i;
          const isShown = place?.line === line;
          return (
            <span
              key={line}
              ref={isShown ? shown : undefined}
              data-line={line}
              aria-current={isShown ? 'location' : undefined}
            >
              {`${text}\n`}
            </span>
          );
        })}
      </pre>
    </section>
  );
}
