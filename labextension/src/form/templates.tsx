import { HTMLSelect } from '@jupyterlab/ui-components';
import {
  type FieldTemplateProps,
  type ObjectFieldTemplateProps,
  type WidgetProps
} from '@rjsf/utils';
import React from 'react';

/** A field with its label and what is wrong with it. */
export function FieldTemplate(props: FieldTemplateProps): JSX.Element {
  const { id, label, schema, uiSchema, children, rawErrors, hidden } = props;
  if (hidden) {
    return <></>;
  }
  if (schema.type === 'object' && !('ui:field' in (uiSchema ?? {}))) {
    return <>{children}</>;
  }
  return (
    <div className="jp-SubmarineForm-field" data-field={id.replace(/^.*_/, '')}>
      {OWN_LABELS.includes(String(uiSchema?.['ui:field'])) ? null : (
        <label className="jp-SubmarineForm-label" htmlFor={id}>
          {label}
        </label>
      )}
      {children}
      {rawErrors && rawErrors.length > 0 && (
        <div className="jp-SubmarineForm-error" role="alert">
          {rawErrors.join(', ')}
        </div>
      )}
    </div>
  );
}

/** Fields that are labelled by themselves. */
const OWN_LABELS: readonly string[] = ['roles', 'command'];

/** The fields one below the other. */
export function ObjectFieldTemplate(props: ObjectFieldTemplateProps): JSX.Element {
  return <>{props.properties.map(({ content }) => content)}</>;
}

/** One line of text. */
export function TextWidget({ id, value, onChange, placeholder }: WidgetProps): JSX.Element {
  return (
    <input
      id={id}
      type="text"
      className="submarine-Field"
      value={typeof value === 'string' ? value : ''}
      placeholder={placeholder}
      autoComplete="off"
      spellCheck={false}
      onChange={event => onChange(event.target.value)}
    />
  );
}

/** One of some words, or the one that is there. */
export function ChoiceWidget({ id, value, onChange, options }: WidgetProps): JSX.Element {
  const choices = Array.isArray(options.choices) ? (options.choices as string[]) : [];
  const present = typeof value === 'string' ? value : '';
  const all = choices.includes(present) ? choices : [present, ...choices];
  return (
    <HTMLSelect
      id={id}
      value={present}
      options={all}
      onChange={event => onChange(event.target.value)}
    />
  );
}
