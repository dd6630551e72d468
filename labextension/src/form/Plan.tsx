import { type TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { type IPlan } from '../api';

interface IPlanProps {
  plan: IPlan;
  trans: TranslationBundle;
}

/** What a dry run answered. */
export function Plan({ plan, trans }: IPlanProps): JSX.Element {
  const { pods, ignored, submitter } = plan;
  return (
    <section className="jp-SubmarineForm-plan" aria-label={trans.__('Plan')}>
      <p role="status">
        {trans._n(
          'The %2 submitter would start %1 pod.',
          'The %2 submitter would start %1 pods.',
          pods.length,
          submitter
        )}
      </p>
      <table>
        <tbody>
          {pods.slice(0, MOST).map((pod, i) => (
            <tr key={i}>
              <th scope="row">{text(pod.name)}</th>
              <td>{text(pod.cwd)}</td>
              <td>
                <code>{text(pod.argv)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {pods.length > MOST && <p>{trans._n('And %1 more.', 'And %1 more.', pods.length - MOST)}</p>}
      {ignored.length > 0 && (
        <ul>
          {ignored.map(note => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Pods that are listed; the others are alike. */
const MOST = 8;

function text(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : '';
}
