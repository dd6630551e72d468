import { type TranslationBundle } from '@jupyterlab/translation';
import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import { type FieldProps } from '@rjsf/utils';
import React from 'react';
import { ToolButton } from '../toolButton';
import { isObject } from '../view/snapshot';
import { type IFormContext } from './formContext';
import { type IResources, parseResources, withResource } from './resources';

interface ITask {
  replicas?: number | null;
  resources?: string | null;
  [field: string]: unknown;
}

const AMOUNTS: readonly (keyof IResources)[] = ['cpu', 'memory', 'gpu'];

/** The roles of an experiment: how many replicas of each, and with what. */
export function RolesField(props: FieldProps): JSX.Element {
  const { trans, roles, resources } = props.formContext as IFormContext;
  const tasks: { [role: string]: ITask } = isObject(props.formData)
    ? (props.formData as { [role: string]: ITask })
    : {};
  const change = (role: string, task: ITask): void => props.onChange({ ...tasks, [role]: task });
  const remove = (role: string): void => {
    props.onChange(Object.fromEntries(Object.entries(tasks).filter(([name]) => name !== role)));
  };
  const free = roles.filter(role => !(role in tasks));
  return (
    <div className="jp-SubmarineForm-roles">
      <table>
        <caption className="jp-SubmarineForm-label">{trans.__('Roles')}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Role')}</th>
            <th scope="col">{trans.__('Replicas')}</th>
            <th scope="col">{trans.__('CPU')}</th>
            <th scope="col">{trans.__('Memory')}</th>
            <th scope="col">{trans.__('GPU')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {Object.entries(tasks).map(([role, task]) => (
            <RoleRow
              key={role}
              role={role}
              task={isObject(task) ? task : {}}
              trans={trans}
              onChange={next => change(role, next)}
              onRemove={() => remove(role)}
            />
          ))}
        </tbody>
      </table>
      {free.map(role => (
        <button
          key={role}
          type="button"
          className="jp-SubmarineForm-add"
          onClick={() => change(role, { replicas: 1, resources })}
        >
          <addIcon.react tag="span" width="12px" height="12px" />
          {trans.__('Add %1', role)}
        </button>
      ))}
    </div>
  );
}

interface IRowProps {
  role: string;
  task: ITask;
  trans: TranslationBundle;
  onChange: (task: ITask) => void;
  onRemove: () => void;
}

function RoleRow({ role, task, trans, onChange, onRemove }: IRowProps): JSX.Element {
  const resources = task.resources ?? '';
  const amounts = parseResources(resources);
  const labels: { [name in keyof IResources]: string } = {
    cpu: trans.__('%1 cpu', role),
    memory: trans.__('%1 memory', role),
    gpu: trans.__('%1 gpu', role)
  };
  return (
    <tr>
      <th scope="row">{role}</th>
      <td>
        <input
          type="number"
          min={1}
          className="submarine-Field"
          aria-label={trans.__('%1 replicas', role)}
          value={task.replicas ?? 1}
          onChange={event => {
            const replicas = event.target.valueAsNumber;
            onChange({ ...task, replicas: Number.isNaN(replicas) ? null : replicas });
          }}
        />
      </td>
      {AMOUNTS.map(name => (
        <td key={name}>
          <input
            type="text"
            className="submarine-Field"
            aria-label={labels[name]}
            placeholder={PLACEHOLDERS[name]}
            value={amounts[name]}
            onChange={event =>
              onChange({ ...task, resources: withResource(resources, name, event.target.value) })
            }
          />
        </td>
      ))}
      <td>
        <ToolButton icon={closeIcon} label={trans.__('Remove %1', role)} onClick={onRemove} />
      </td>
    </tr>
  );
}

const PLACEHOLDERS: IResources = { cpu: '1', memory: '1G', gpu: '0' };
