import { type FieldProps } from '@rjsf/utils';
import React from 'react';
import { CodeField } from './CodeField';
import { type IFormContext } from './formContext';

const EXAMPLE = 'python train.py';

/** What every replica runs: a command, or a Python program that becomes one. */
export function CommandField(props: FieldProps): JSX.Element {
  const { trans, editors, program, onProgram } = props.formContext as IFormContext;
  const { $id } = props.idSchema;
  if (program !== null) {
    return (
      <>
        <div className="jp-SubmarineForm-labels">
          <span className="jp-SubmarineForm-label">{trans.__('Program')}</span>
          <button type="button" className="jp-SubmarinePanel-link" onClick={() => onProgram(null)}>
            {trans.__('Use a command instead')}
          </button>
        </div>
        <CodeField
          label={trans.__('Program')}
          text={program}
          mimeType="text/x-python"
          trans={trans}
          services={editors}
          onChange={onProgram}
        />
      </>
    );
  }
  const command = typeof props.formData === 'string' ? props.formData : '';
  return (
    <>
      <div className="jp-SubmarineForm-labels">
        <label className="jp-SubmarineForm-label" htmlFor={$id}>
          {trans.__('Command')}
        </label>
        <button type="button" className="jp-SubmarinePanel-link" onClick={() => onProgram('')}>
          {trans.__('Use a Python program instead')}
        </button>
      </div>
      <textarea
        id={$id}
        className="submarine-Field"
        value={command}
        placeholder={EXAMPLE}
        rows={Math.min(8, Math.max(3, command.split('\n').length + 1))}
        spellCheck={false}
        onChange={event => props.onChange(event.target.value)}
      />
    </>
  );
}
