import React from 'react';
import { type IExperiment, type IPod, type PodState } from './records';
import { StatusIcon } from './StatusIcon';
import { statusLabel } from './statusLabel';
import { type ITranslate, useTranslate } from './texts';

/** Pods of a role that are shown one by one; more of them are counted by state. */
const SINGLY = 8;

interface IRolePodsProps {
  experiment: IExperiment;
  pods: readonly IPod[];
}

/** The roles of an experiment, with the state of each of their pods. */
export function RolePods({ experiment, pods }: IRolePodsProps): JSX.Element {
  const trans = useTranslate();
  return (
    <ul className="submarine-Roles" aria-label={trans.__('Roles')}>
      {Object.entries(experiment.spec.spec).map(([role, task]) => {
        const mine = pods.filter(pod => pod.role === role);
        const count = Math.max(mine.length, task.replicas ?? 1);
        const states = countStates(mine);
        return (
          <li key={role} title={task.resources ?? undefined}>
            {count === 1 ? role : `${role} × ${count}`}
            <span className="submarine-Roles-pods" aria-hidden="true">
              {mine.length <= SINGLY
                ? mine.map(({ name, state }) => <StatusIcon key={name} state={state} />)
                : [...states].map(([state, n]) => (
                    <React.Fragment key={state}>
                      <StatusIcon state={state} />
                      {n}
                    </React.Fragment>
                  ))}
            </span>
            <span className="submarine-visually-hidden">{describe(states, trans)}</span>
          </li>
        );
      })}
    </ul>
  );
}

function countStates(pods: readonly IPod[]): Map<PodState, number> {
  const counts = new Map<PodState, number>();
  pods.forEach(({ state }) => counts.set(state, (counts.get(state) ?? 0) + 1));
  return counts;
}

function describe(states: ReadonlyMap<PodState, number>, trans: ITranslate): string {
  return [...states].map(([state, n]) => `${n} ${statusLabel(state, trans)}`).join(', ');
}
