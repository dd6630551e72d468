import { type FieldProps } from '@rjsf/utils';
import React, { useState } from 'react';
import { isObject } from '../view/snapshot';

interface ITextFieldProps extends FieldProps {
  /** The value as text, and back. */
  print: (value: unknown) => string;
  parse: (text: string) => unknown;
  rows: number;
}

/** A value that is written as a text; what is being typed stays as it is. */
function TextField(props: ITextFieldProps): JSX.Element {
  const { idSchema, formData, onChange, print, parse, rows, uiSchema } = props;
  const [typed, setTyped] = useState('');
  const isTyped = JSON.stringify(parse(typed)) === JSON.stringify(formData ?? parse(''));
  const common = {
    id: idSchema.$id,
    className: 'submarine-Field',
    placeholder: uiSchema?.['ui:placeholder'],
    value: isTyped ? typed : print(formData),
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => {
      setTyped(event.target.value);
      onChange(parse(event.target.value));
    }
  };
  return rows > 1 ? <textarea {...common} rows={rows} /> : <input type="text" {...common} />;
}

/** Tags, with commas between. */
export function TagsField(props: FieldProps): JSX.Element {
  return (
    <TextField
      {...props}
      rows={1}
      print={value => (Array.isArray(value) ? value.join(', ') : '')}
      parse={parseTags}
    />
  );
}

/** Environment variables, one `NAME=VALUE` a line. */
export function VariablesField(props: FieldProps): JSX.Element {
  return <TextField {...props} rows={3} print={printVariables} parse={parseVariables} />;
}

/** `a, b` as a list. */
export function parseTags(text: string): string[] {
  return text
    .split(',')
    .map(tag => tag.trim())
    .filter(Boolean);
}

/** Lines of `NAME=VALUE` as a mapping; a line without `=` counts for nothing yet. */
export function parseVariables(text: string): { [name: string]: string } {
  const pairs = text
    .split('\n')
    .map(line => /^\s*([^=\s]+)\s*=(.*)$/.exec(line))
    .filter((match): match is RegExpExecArray => match !== null);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value.trim()]));
}

function printVariables(value: unknown): string {
  return Object.entries(isObject(value) ? value : {})
    .map(([name, text]) => `${name}=${String(text ?? '')}`)
    .join('\n');
}
