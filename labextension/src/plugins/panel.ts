import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { experimentIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { ExperimentsPanel } from '../panel';
import { ISubmarineModel, NAMESPACE } from '../tokens';

/** Behind JupyterLab's own file browser and running panels. */
const RANK = 600;

/** Adds the list of experiments to the left side. */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:panel`,
  description: 'Adds the live list of experiments to the left side.',
  autoStart: true,
  requires: [ISubmarineModel],
  optional: [ITranslator, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const panel = new ExperimentsPanel({ model, trans, commands: app.commands });
    panel.id = 'submarine-experiments';
    panel.title.icon = experimentIcon;
    panel.title.caption = trans.__('Experiments');
    panel.node.setAttribute('role', 'region');
    panel.node.setAttribute('aria-label', trans.__('Submarine experiments'));
    app.shell.add(panel, 'left', { rank: RANK });
    restorer?.add(panel, panel.id);
  }
};
