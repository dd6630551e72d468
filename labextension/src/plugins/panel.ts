import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { experimentIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { ExperimentsPanel } from '../panel';
import { PanelChoice } from '../panelChoice';
import { type SubmarineSettings } from '../settings';
import { CommandIDs, ISubmarineModel, ISubmarineSettings, NAMESPACE } from '../tokens';

/** Behind JupyterLab's own file browser and running panels. */
const RANK = 600;

/** Adds the list of experiments to the left side. */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:panel`,
  description: 'Adds the live list of experiments to the left side.',
  autoStart: true,
  requires: [ISubmarineModel, ISubmarineSettings],
  optional: [ITranslator, ILayoutRestorer, ICommandPalette, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    model: SubmarineModel,
    settings: SubmarineSettings,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    state: IStateDB | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { commands } = app;
    const panel = new ExperimentsPanel({
      model,
      settings,
      choice: new PanelChoice(state),
      trans,
      commands
    });
    panel.id = 'submarine-experiments';
    panel.title.icon = experimentIcon;
    panel.title.caption = trans.__('Experiments');
    panel.node.setAttribute('role', 'region');
    panel.node.setAttribute('aria-label', trans.__('Submarine experiments'));
    app.shell.add(panel, 'left', { rank: RANK });
    restorer?.add(panel, panel.id);

    commands.addCommand(CommandIDs.showPanel, {
      label: trans.__('Show Experiments'),
      caption: trans.__('Show the list of experiments'),
      icon: experimentIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(panel.id)
    });
    palette?.addItem({ command: CommandIDs.showPanel, category: trans.__('Submarine') });

    const chosen = (): void => {
      const { upstream } = settings.values;
      if (upstream) {
        model.choose(upstream);
      }
    };
    settings.changed.connect(chosen);
  }
};
