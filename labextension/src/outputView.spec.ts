import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { type IInfo, type IUpstreamInfo, type SubmarineApi } from './api';
import { SubmarineModel } from './model';
import { OutputView } from './outputView';
import { type IStreamListener, type IStreamTarget, type Streams } from './streams';
import { MIME_TYPE } from './tokens';

jest.mock('./view/mount', () => ({ mountExperimentView: () => view }));

const view = {
  showSnapshot: jest.fn(),
  setNotice: jest.fn<void, [string | null]>(),
  connect: jest.fn(),
  dispose: jest.fn()
};

describe('OutputView', () => {
  let upstreams: IInfo['upstreams'];
  let asked: Promise<void>;
  let subscriptions: { target: IStreamTarget; listener: IStreamListener }[];
  let model: SubmarineModel;
  let output: OutputView;

  const team = (server: string | null, state: IUpstreamInfo['state']): IInfo['upstreams'] => ({
    team: { server, state, message: null, version: null }
  });
  const render = (server: string): Promise<void> =>
    output.renderModel({
      trusted: true,
      metadata: {},
      setData: () => undefined,
      data: {
        [MIME_TYPE]: { version: 1, experimentId: 'experiment-1-0001', server, name: '' }
      }
    });
  const notice = (): string | null => view.setNotice.mock.lastCall?.[0] ?? null;

  beforeEach(() => {
    jest.clearAllMocks();
    subscriptions = [];
    asked = Promise.resolve();
    const api = {
      info: () => asked.then((): IInfo => ({ version: '1', default_upstream: 'team', upstreams }))
    };
    const streams = {
      subscribe: (target: IStreamTarget, listener: IStreamListener) => {
        subscriptions.push({ target, listener });
        return { isDisposed: false, dispose: () => undefined };
      }
    };
    model = new SubmarineModel(api as unknown as SubmarineApi, streams as unknown as Streams);
    output = new OutputView({
      model,
      trans: nullTranslator.load(''),
      commands: new CommandRegistry(),
      follows: () => true,
      onAttached: () => undefined,
      showCellLine: () => false
    });
  });

  afterEach(() => {
    output.dispose();
    model.dispose();
  });

  it('follows the experiment at the upstream of its server', async () => {
    upstreams = team('id', 'connected');
    await render('id');
    expect(view.connect).toHaveBeenCalledTimes(1);
    expect(notice()).toBeNull();
  });

  it("names a server that is none of the reader's", async () => {
    upstreams = team('id', 'connected');
    await render('another');
    expect(view.connect).not.toHaveBeenCalled();
    expect(notice()).toContain('"another", which is none of yours');
  });

  it("follows as soon as an upstream answers that was away with the page's begin", async () => {
    upstreams = team(null, 'unreachable');
    await render('id');
    expect(notice()).toContain('"team" does not answer yet');
    upstreams = team('id', 'connected');
    subscriptions[0].listener.record({ event: 'connected', cursor: null, data: null }, 0);
    await model.upstreams.info();
    expect(view.connect).toHaveBeenCalledTimes(1);
    expect(notice()).toBeNull();
    await model.upstreams.info(true);
    expect(view.connect).toHaveBeenCalledTimes(1);
  });

  it('follows when there is a handshake after one that failed', async () => {
    upstreams = team('id', 'connected');
    asked = Promise.reject(new Error('Away.'));
    await render('id');
    expect(notice()).toBe('Away.');
    asked = Promise.resolve();
    await model.upstreams.info();
    expect(view.connect).toHaveBeenCalledTimes(1);
  });

  it('says of a server without an id what would tell which it is', async () => {
    upstreams = team('id', 'connected');
    await render('');
    expect(notice()).toContain('a server without an id');
    expect(view.connect).not.toHaveBeenCalled();
  });

  it('follows nothing any more when it was disposed while the upstream was asked for', async () => {
    upstreams = team('id', 'connected');
    let answer = (): void => undefined;
    asked = new Promise(resolve => {
      answer = resolve;
    });
    const rendered = render('id');
    await new Promise(resolve => setTimeout(resolve));
    output.dispose();
    answer();
    await rendered;
    await model.upstreams.info(true);
    expect(view.connect).not.toHaveBeenCalled();
    expect(view.setNotice).not.toHaveBeenCalled();
  });

  it('shows an experiment again after something that is none', async () => {
    upstreams = team('id', 'connected');
    await render('id');
    await output.renderModel({
      trusted: true,
      metadata: {},
      setData: () => undefined,
      data: { [MIME_TYPE]: {} }
    });
    expect(output.node.textContent).toContain('is not an experiment');
    await render('id');
    expect(view.connect).toHaveBeenCalledTimes(2);
  });
});
