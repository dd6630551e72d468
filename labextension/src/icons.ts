import { LabIcon } from '@jupyterlab/ui-components';
import compareSvg from '../style/icons/compare.svg';
import experimentSvg from '../style/icons/experiment.svg';
import newExperimentSvg from '../style/icons/new-experiment.svg';
import sortSvg from '../style/icons/sort.svg';
import submitCellSvg from '../style/icons/submit-cell.svg';

function icon(name: string, svgstr: string): LabIcon {
  return new LabIcon({ name: `submarine-jupyter:${name}`, svgstr });
}

/** An experiment: a submarine with its periscope up. */
export const experimentIcon = icon('experiment', experimentSvg);

/** An order: lines that become shorter. */
export const sortIcon = icon('sort', sortSvg);

/** A new experiment: the submarine with a plus, in colour for the launcher. */
export const newExperimentIcon = icon('new-experiment', newExperimentSvg);

/** Off to the server: an arrow out of a cell. */
export const submitCellIcon = icon('submit-cell', submitCellSvg);

/** Two things side by side. */
export const compareIcon = icon('compare', compareSvg);
