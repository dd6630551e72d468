import React from 'react';
import { useTranslate } from './texts';

interface ICheckBoxProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** Something that is shown, or is not. */
export function CheckBox({ label, checked, onChange }: ICheckBoxProps): JSX.Element {
  return (
    <label className="submarine-Option">
      <input type="checkbox" checked={checked} onChange={event => onChange(event.target.checked)} />
      {label}
    </label>
  );
}

interface ISmoothingProps {
  /** From 0 to below 1. */
  value: number;
  onChange: (value: number) => void;
}

/** How much the lines of charts are smoothed. */
export function Smoothing({ value, onChange }: ISmoothingProps): JSX.Element {
  const trans = useTranslate();
  return (
    <label className="submarine-Option">
      {trans.__('Smoothing')}
      <input
        type="range"
        min={0}
        max={0.99}
        step={0.01}
        value={value}
        onChange={event => onChange(event.target.valueAsNumber)}
      />
      <output>{value.toFixed(2)}</output>
    </label>
  );
}
