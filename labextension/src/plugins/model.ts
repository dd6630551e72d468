import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
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
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): SubmarineModel => {
    const trans = (translator ?? nullTranslator).load('submarine_jupyter');
    const { serverSettings } = app.serviceManager;
    return new SubmarineModel(new SubmarineApi(serverSettings, trans), new Streams(serverSettings));
  }
};
