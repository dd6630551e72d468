import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { SubmarineSettings } from '../settings';
import { ISubmarineSettings, NAMESPACE } from '../tokens';

const PLUGIN_ID = `${NAMESPACE}:settings`;

/** Provides the settings; its schema also holds the menus, the toolbar's button and shortcuts. */
export const settingsPlugin: JupyterFrontEndPlugin<SubmarineSettings> = {
  id: PLUGIN_ID,
  description: 'Provides the settings of Submarine experiments.',
  autoStart: true,
  provides: ISubmarineSettings,
  optional: [ISettingRegistry],
  activate: (_app: JupyterFrontEnd, registry: ISettingRegistry | null): SubmarineSettings => {
    const settings = new SubmarineSettings();
    registry?.load(PLUGIN_ID).then(
      loaded => settings.follow(loaded),
      error => console.warn(`The settings of ${PLUGIN_ID} could not be read.`, error)
    );
    return settings;
  }
};
