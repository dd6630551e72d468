import React from 'react';

/** Drawn for this list: what each framework is known by, in the colour of the text. */
const SHAPES: { [framework: string]: JSX.Element } = {
  tensorflow: <path d="M8 1.2l6 3.4v2.8L9.4 5v9.800L6.6 13V5L2 7.400V4.600z" fill="currentColor" />,
  pytorch: (
    <>
      <path d="M8 1.800L4.3 5.500a5.2 5.2 0 1 0 7.4 0" />
      <circle cx="10.4" cy="4.3" r="1" fill="currentColor" stroke="none" />
    </>
  ),
  xgboost: (
    <>
      <path d="M8 4v3M8 7H4v4M8 7h4v4" />
      <circle cx="8" cy="2.8" r="1.6" fill="currentColor" stroke="none" />
      <circle cx="4" cy="12.5" r="1.6" fill="currentColor" stroke="none" />
      <circle cx="12" cy="12.5" r="1.6" fill="currentColor" stroke="none" />
    </>
  )
};

const OTHER = <path d="M6 2v4L2.5 13.500h11L10 6V2M4.8 2h6.4" />;

/** The icon of a framework; the text beside it names it. */
export function FrameworkIcon({ framework }: { framework: string }): JSX.Element {
  return (
    <svg
      className="jp-SubmarinePanel-framework"
      viewBox="0 0 16 16"
      width="12"
      height="12"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      aria-hidden="true"
    >
      {SHAPES[framework.toLowerCase()] ?? OTHER}
    </svg>
  );
}
