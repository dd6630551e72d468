import { type LabIcon } from '@jupyterlab/ui-components';
import React from 'react';

interface IToolButtonProps {
  icon: LabIcon;
  label: string;
  /** What is told of it beyond its label. */
  title?: string;
  opensMenu?: boolean;
  onClick: (event: React.MouseEvent<HTMLElement>) => void;
}

/** A button that shows only an icon. */
export function ToolButton(props: IToolButtonProps): JSX.Element {
  const { icon, label, title = label, opensMenu, onClick } = props;
  return (
    <button
      type="button"
      className="jp-SubmarineTool"
      title={title}
      aria-label={label}
      aria-haspopup={opensMenu ? 'menu' : undefined}
      onClick={onClick}
    >
      <icon.react tag="span" height="16px" width="16px" />
    </button>
  );
}
