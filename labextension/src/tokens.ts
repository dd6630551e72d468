import { Token } from '@lumino/coreutils';
import { type ISignal } from '@lumino/signaling';
import { type SubmarineModel } from './model';
import { type SubmarineSettings } from './settings';
import { type ICodePlace } from './view/traceback';

/** Prefix of the plugins' ids. */
export const NAMESPACE = 'submarine-jupyter';

/** The MIME type of an experiment in a notebook's output. */
export const MIME_TYPE = 'application/vnd.submarine.experiment+json';

/** The commands, by what they do. */
export const CommandIDs = {
  newExperiment: 'submarine:new-experiment',
  openExperiment: 'submarine:open-experiment',
  cloneExperiment: 'submarine:clone-experiment',
  compareExperiments: 'submarine:compare-experiments',
  stopExperiment: 'submarine:stop-experiment',
  deleteExperiment: 'submarine:delete-experiment',
  copyId: 'submarine:copy-id',
  copyAsCell: 'submarine:copy-as-cell',
  submitCell: 'submarine:submit-cell',
  insertCell: 'submarine:insert-cell',
  showPanel: 'submarine:show-panel',
  refresh: 'submarine:refresh'
} as const;

/** The front end's state. */
export const ISubmarineModel = new Token<SubmarineModel>(
  'submarine-jupyter:ISubmarineModel',
  'The Submarine upstreams and experiments that the page knows.'
);

/** The reader's settings. */
export const ISubmarineSettings = new Token<SubmarineSettings>(
  'submarine-jupyter:ISubmarineSettings',
  'The settings of Submarine experiments.'
);

/** The view of an experiment that came into an output. */
export interface IAttachedView {
  readonly experimentId: string;
  readonly node: HTMLElement;
}

/** The experiment views in notebook outputs. */
export interface IOutputViews {
  /** Emitted when a view was attached to the page. */
  readonly attached: ISignal<IOutputViews, IAttachedView>;
  /** Shows a line of the notebook that an element is in; false where there is none such. */
  showCellLine: (node: HTMLElement, place: ICodePlace) => boolean;
}

export const IOutputViews = new Token<IOutputViews>(
  'submarine-jupyter:IOutputViews',
  'The views of experiments in notebook outputs.'
);
