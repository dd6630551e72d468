import { LabIcon } from '@jupyterlab/ui-components';
import experimentSvg from '../style/icons/experiment.svg';

/** An experiment: a submarine with its periscope up. */
export const experimentIcon = new LabIcon({
  name: 'submarine-jupyter:experiment',
  svgstr: experimentSvg
});
