import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { SubmarineApi } from '../api';
import { SubmarineModel } from '../model';
import { Streams } from '../streams';
import { ISubmarineModel, NAMESPACE } from '../tokens';

/** Provides the state that the other plugins share. */
export const modelPlugin: JupyterFrontEndPlugin<SubmarineModel> = {
  id: `${NAMESPACE}:model`,
  description: 'Provides the Submarine upstreams and experiments.',
  autoStart: true,
  provides: ISubmarineModel,
  activate: (app: JupyterFrontEnd): SubmarineModel => {
    const { serverSettings } = app.serviceManager;
    return new SubmarineModel(new SubmarineApi(serverSettings), new Streams(serverSettings));
  }
};
