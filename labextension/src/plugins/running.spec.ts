import { type JupyterFrontEnd } from '@jupyterlab/application';
import { type IRunningSessionManagers, type IRunningSessions } from '@jupyterlab/running';
import { type SubmarineApi } from '../api';
import { SubmarineModel } from '../model';
import { type IStreamListener, type IStreamTarget, type Streams } from '../streams';
import { experiment } from '../view/experiment.fixture';
import { runningPlugin } from './running';

describe('the Running panel', () => {
  let listener: IStreamListener;
  let model: SubmarineModel;
  let manager: IRunningSessions.IManager;

  const receive = (status: 'Running' | 'Failed', id: string): void =>
    listener.record({ event: 'status', cursor: 'c', data: experiment(id, status) }, 0);

  beforeEach(async () => {
    jest.useFakeTimers();
    const api = {
      info: async () => ({ version: '1', default_upstream: 'own', upstreams: {} }),
      list: async () => ({ experiments: [], cursor: 'c', next: null })
    };
    const streams = {
      subscribe: (_: IStreamTarget, told: IStreamListener) => {
        listener = told;
        return { dispose: () => undefined };
      }
    };
    model = new SubmarineModel(api as unknown as SubmarineApi, streams as unknown as Streams);
    await model.refresh();
    const managers = { add: (added: IRunningSessions.IManager) => (manager = added) };
    void runningPlugin.activate(
      {} as JupyterFrontEnd,
      model,
      managers as unknown as IRunningSessionManagers,
      null
    );
  });

  afterEach(() => {
    model.dispose();
    jest.useRealTimers();
  });

  it('is told once of a burst, and of nothing that leaves it as it is', () => {
    const changed = jest.fn();
    manager.runningChanged.connect(changed);
    const goingOn = jest.spyOn(model, 'goingOn', 'get');
    for (let i = 0; i < 100; i++) {
      receive('Running', `e-${i}`);
    }
    expect(goingOn).not.toHaveBeenCalled();
    jest.runAllTimers();
    expect(goingOn).toHaveBeenCalledTimes(1);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(manager.running({ mode: 'list' })).toHaveLength(100);
    receive('Failed', 'another');
    jest.runAllTimers();
    expect(changed).toHaveBeenCalledTimes(1);
    receive('Failed', 'e-1');
    jest.runAllTimers();
    expect(changed).toHaveBeenCalledTimes(2);
  });
});
