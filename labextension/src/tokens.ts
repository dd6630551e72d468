import { Token } from '@lumino/coreutils';
import { type ISignal } from '@lumino/signaling';
import { type SubmarineModel } from './model';

/** Prefix of the plugins' ids. */
export const NAMESPACE = 'submarine-jupyter';

/** The MIME type of an experiment in a notebook's output. */
export const MIME_TYPE = 'application/vnd.submarine.experiment+json';

/** The commands, by what they do. */
export const CommandIDs = {
  openExperiment: 'submarine:open-experiment',
  stopExperiment: 'submarine:stop-experiment',
  deleteExperiment: 'submarine:delete-experiment',
  refresh: 'submarine:refresh'
} as const;

/** The front end's state. */
export const ISubmarineModel = new Token<SubmarineModel>(
  'submarine-jupyter:ISubmarineModel',
  'The Submarine upstreams and experiments that the page knows.'
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
}

export const IOutputViews = new Token<IOutputViews>(
  'submarine-jupyter:IOutputViews',
  'The views of experiments in notebook outputs.'
);
