import { LabIcon } from '@jupyterlab/ui-components';
import compareSvg from '../style/icons/compare.svg';
import experimentSvg from '../style/icons/experiment.svg';
import newExperimentSvg from '../style/icons/new-experiment.svg';
import sortSvg from '../style/icons/sort.svg';
import submitCellSvg from '../style/icons/submit-cell.svg';

/** An experiment: a submarine with its periscope up. */
export const experimentIcon = new LabIcon({
  name: 'submarine-jupyter:experiment',
  svgstr: experimentSvg
});

/** An order: lines that become shorter. */
export const sortIcon = new LabIcon({
  name: 'submarine-jupyter:sort',
  svgstr: sortSvg
});

/** A new experiment: the submarine with a plus, in colour for the launcher. */
export const newExperimentIcon = new LabIcon({
  name: 'submarine-jupyter:new-experiment',
  svgstr: newExperimentSvg
});

/** Off to the server: an arrow out of a cell. */
export const submitCellIcon = new LabIcon({
  name: 'submarine-jupyter:submit-cell',
  svgstr: submitCellSvg
});

/** Two things side by side. */
export const compareIcon = new LabIcon({
  name: 'submarine-jupyter:compare',
  svgstr: compareSvg
});
