import {
  ApiError,
  type IExperimentList,
  type IInfo,
  type IUpstreamInfo,
  type SubmarineApi
} from './api';
import { SubmarineModel } from './model';
import { type IStreamListener, type IStreamTarget, type Streams } from './streams';
import { experiment } from './view/experiment.fixture';
import { type IExperiment } from './view/records';

describe('SubmarineModel', () => {
  let list: (after: string | null) => Promise<IExperimentList>;
  let info: jest.Mock<Promise<IInfo>, []>;
  let subscriptions: { target: IStreamTarget; listener: IStreamListener; disposed: boolean }[];
  let model: SubmarineModel;

  const upstreams = (
    server: string | null,
    state: IUpstreamInfo['state'] = 'connected'
  ): IInfo => ({
    version: '1',
    default_upstream: 'embedded',
    upstreams: { embedded: { server, state, message: null, version: null } }
  });
  const ids = (): string[] => model.experiments.map(({ experimentId }) => experimentId);
  const receive = (event: string, data: unknown): void =>
    subscriptions[subscriptions.length - 1].listener.record({ event, cursor: 'c', data }, 0);

  beforeEach(() => {
    list = async () => ({
      experiments: [
        experiment('old', 'Succeeded', '2026-01-01T00:00:00.000+00:00'),
        experiment('new', 'Running', '2026-01-01T12:00:00.000+08:00')
      ],
      cursor: 'c1',
      next: null
    });
    info = jest.fn(async () => upstreams('id-1'));
    subscriptions = [];
    const api = {
      list: (_: string | null, _limit: number, after: string | null = null) => list(after),
      info
    };
    const streams = {
      subscribe: (target: IStreamTarget, listener: IStreamListener) => {
        const subscription = { target, listener, disposed: false };
        subscriptions.push(subscription);
        return {
          dispose: () => {
            subscription.disposed = true;
          }
        };
      }
    };
    model = new SubmarineModel(api as unknown as SubmarineApi, streams as unknown as Streams);
  });

  it('reads the list, newest first, and goes on where it ends', async () => {
    await model.refresh();
    expect(ids()).toEqual(['new', 'old']);
    expect(model.state).toEqual({ kind: 'live' });
    expect(subscriptions[0].target).toEqual({ upstream: null, experiment: '*', after: 'c1' });
  });

  it('follows what happens and says so', async () => {
    await model.refresh();
    const changed = jest.fn();
    model.changed.connect(changed);
    receive('status', experiment('new', 'Failed', '2026-01-01T12:00:00.000+08:00'));
    expect(model.experiments[0].status).toBe('Failed');
    receive('deleted', { experimentId: 'old' });
    expect(ids()).toEqual(['new']);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('forgets what a list does not name', async () => {
    await model.refresh();
    receive('status', experiment('newest', 'Running', '2026-01-02T00:00:00Z'));
    receive('list', { experimentIds: ['newest', 'old'] });
    expect(ids()).toEqual(['newest', 'old']);
    expect(model.state).toEqual({ kind: 'live' });
  });

  it('says why it cannot be followed any more', async () => {
    await model.refresh();
    receive('error', { code: 'TooLarge', message: 'Too many.', retry: false });
    expect(model.state).toEqual({ kind: 'failed', message: 'Too many.' });
    expect(ids()).toHaveLength(2);
  });

  it('is empty and stopped as long as the server was not started, and fills when it is', async () => {
    info.mockResolvedValueOnce(upstreams(null, 'stopped'));
    await model.refresh();
    expect(model.state).toEqual({ kind: 'stopped', hasRun: false });
    expect(ids()).toEqual([]);
    expect(subscriptions[0].target).toEqual({ upstream: null, experiment: '*', after: null });
    receive('status', experiment('first', 'Accepted'));
    expect(model.state).toEqual({ kind: 'live' });
    expect(ids()).toEqual(['first']);
  });

  it('is stopped too when the server stopped after the handshake', async () => {
    list = () => Promise.reject(new ApiError(503, 'Not running.', 'NotStarted'));
    await model.refresh();
    expect(model.state).toEqual({ kind: 'stopped', hasRun: true });
    expect(subscriptions).toHaveLength(1);
  });

  it('keeps the list while it is disconnected, since the first moment of it', async () => {
    jest.spyOn(Date, 'now').mockReturnValueOnce(1000).mockReturnValueOnce(2000);
    await model.refresh();
    receive('error', { code: 'Unreachable', message: '', retry: true });
    receive('error', { code: 'Unreachable', message: '', retry: true });
    expect(model.state).toEqual({ kind: 'disconnected', since: 1000 });
    expect(ids()).toHaveLength(2);
    subscriptions[0].listener.connection(true);
    expect(model.state).toEqual({ kind: 'live' });
  });

  it.each(['Unreachable', 'NotStarted'])(
    'is live again after %s as soon as the stream is, with a new handshake',
    async code => {
      await model.refresh();
      receive('error', { code, message: '', retry: true });
      expect(model.state.kind).not.toBe('live');
      info.mockResolvedValueOnce(upstreams('id-2'));
      receive('connected', null);
      expect(model.state).toEqual({ kind: 'live' });
      expect((await model.upstreams.info()).upstreams.embedded.server).toBe('id-2');
    }
  );

  it('fails with the reason when asking again would not help', async () => {
    list = () => Promise.reject(new ApiError(403, 'Not for you.'));
    await model.refresh();
    expect(model.state).toEqual({ kind: 'failed', message: 'Not for you.' });
    expect(subscriptions).toHaveLength(0);
  });

  it('follows one list at a time', async () => {
    await Promise.all([model.refresh(), model.refresh()]);
    await model.refresh();
    expect(subscriptions.filter(({ disposed }) => !disposed)).toHaveLength(1);
  });

  describe('with more than a page', () => {
    let answerLater: (experiments: IExperiment[]) => void;

    beforeEach(() => {
      list = after =>
        after === null
          ? Promise.resolve({
              experiments: [experiment('e9', 'Running', '2026-01-09T00:00:00Z')],
              cursor: 'c1',
              next: '9'
            })
          : new Promise(resolve => {
              answerLater = experiments => resolve({ experiments, cursor: 'c2', next: null });
            });
    });

    it('reads the older ones only when somebody wants to see all', async () => {
      await model.refresh();
      expect(ids()).toEqual(['e9']);
      model.startAll();
      answerLater([experiment('e1', 'Failed', '2026-01-01T00:00:00Z')]);
      await Promise.resolve();
      await Promise.resolve();
      expect(ids()).toEqual(['e9', 'e1']);
      expect(subscriptions[0].target.after).toBe('c1');
    });

    it('trusts the stream more than a page that was long on its way', async () => {
      await model.refresh();
      model.startAll();
      receive('status', experiment('e1', 'Succeeded', '2026-01-01T00:00:00Z'));
      receive('deleted', { experimentId: 'e2' });
      answerLater([
        experiment('e1', 'Running', '2026-01-01T00:00:00Z'),
        experiment('e2', 'Running', '2026-01-02T00:00:00Z'),
        experiment('e3', 'Running', '2026-01-03T00:00:00Z')
      ]);
      await Promise.resolve();
      await Promise.resolve();
      expect(ids()).toEqual(['e9', 'e3', 'e1']);
      expect(model.find('e1')?.status).toBe('Succeeded');
    });
  });

  it('says which run has ended, and once', async () => {
    await model.refresh();
    const ended = jest.fn();
    model.ended.connect((_, { experimentId }) => ended(experimentId));
    receive('status', experiment('new', 'Running'));
    receive('status', experiment('new', 'Succeeded'));
    receive('status', experiment('new', 'Succeeded'));
    receive('status', experiment('stranger', 'Failed'));
    expect(ended.mock.calls).toEqual([['new']]);
  });

  it('tells a view of a run that is over when that is deleted', async () => {
    await model.refresh();
    const list = subscriptions[0];
    const records = jest.fn();
    const unsubscribe = model.source('old').subscribe({ records, connection: jest.fn() });
    list.listener.record({ event: 'deleted', cursor: 'c', data: { experimentId: 'new' } }, 0);
    expect(records).not.toHaveBeenCalled();
    list.listener.record({ event: 'deleted', cursor: 'c', data: { experimentId: 'old' } }, 0);
    expect(records).toHaveBeenCalledWith([
      { event: 'end', cursor: null, data: { status: 'Deleted' } }
    ]);
    unsubscribe();
    list.listener.record({ event: 'deleted', cursor: 'c', data: { experimentId: 'old' } }, 0);
    expect(records).toHaveBeenCalledTimes(1);
  });

  it('lists what goes on, newest first', async () => {
    await model.refresh();
    receive('status', experiment('newest', 'Accepted', '2026-01-02T00:00:00Z'));
    expect(model.goingOn.map(({ experimentId }) => experimentId)).toEqual(['newest', 'new']);
  });

  it('counts what runs and what waits', async () => {
    await model.refresh();
    expect(model.counts).toEqual({ running: 1, waiting: 0 });
    receive('status', experiment('third', 'Accepted'));
    expect(model.counts).toEqual({ running: 1, waiting: 1 });
  });

  it('forgets the selection of what is gone', async () => {
    await model.refresh();
    model.select(['old', 'new']);
    receive('deleted', { experimentId: 'old' });
    expect(model.selected).toEqual(['new']);
  });

  it('lists another upstream when it is chosen', async () => {
    await model.refresh();
    model.select(['old']);
    model.choose('team');
    expect(ids()).toEqual([]);
    expect(model.selected).toEqual([]);
    await model.refresh();
    expect(subscriptions[subscriptions.length - 1].target.upstream).toBe('team');
    expect(subscriptions.filter(({ disposed }) => !disposed)).toHaveLength(1);
  });

  it('knows the upstream of a server id', async () => {
    expect(await model.upstreams.find('id-1')).toBe('embedded');
    expect(info).toHaveBeenCalledTimes(1);
  });

  it('knows who may only read, as soon as a handshake has told', async () => {
    const team = { server: null, state: 'connected', message: null, version: null } as const;
    info.mockResolvedValueOnce({
      version: '1',
      may_write: true,
      default_upstream: 'team',
      upstreams: { team: { ...team, role: 'reader' }, own: { ...team, role: 'writer' } }
    });
    expect(model.upstreams.readOnly(null)).toBeNull();
    expect(await model.upstreams.askReadOnly(null)).toBe('token');
    expect(model.upstreams.readOnly(null)).toBe('token');
    expect(model.upstreams.readOnly('own')).toBeNull();
    info.mockResolvedValueOnce({ ...upstreams('id-1'), may_write: false });
    await model.upstreams.info(true);
    expect(model.upstreams.readOnly('embedded')).toBe('user');
  });

  it('asks again who may only read when the upstream is back', async () => {
    await model.refresh();
    subscriptions[0].listener.connection(false);
    const now = upstreams('id-1');
    info.mockResolvedValue({
      ...now,
      upstreams: { embedded: { ...now.upstreams.embedded, role: 'reader' } }
    });
    subscriptions[0].listener.connection(true);
    const changed = jest.fn();
    model.changed.connect(changed);
    await model.upstreams.info();
    expect(model.upstreams.readOnly('embedded')).toBe('token');
    expect(changed).toHaveBeenCalled();
  });

  it('has a new handshake when an upstream that was silent answers', async () => {
    info.mockResolvedValueOnce(upstreams(null, 'unreachable'));
    await model.upstreams.info();
    expect(model.upstreams.awaitSilent()).toEqual(['embedded']);
    expect(model.upstreams.awaitSilent()).toEqual(['embedded']);
    expect(subscriptions).toHaveLength(1);
    receive('error', { code: 'Unreachable', message: '', retry: true });
    expect(info).toHaveBeenCalledTimes(1);
    receive('connected', null);
    expect(subscriptions[0].disposed).toBe(true);
    await model.upstreams.info();
    expect(model.upstreams.handshake?.upstreams.embedded.server).toBe('id-1');
    expect(model.upstreams.awaitSilent()).toEqual([]);
  });

  it('names the default upstream, if it can', async () => {
    expect(await model.upstreams.nameOf(null)).toBe('embedded');
    expect(await model.upstreams.nameOf('team')).toBe('team');
    const unknown = new SubmarineModel(
      { info: () => Promise.reject(new Error()) } as unknown as SubmarineApi,
      {} as Streams
    );
    expect(await unknown.upstreams.nameOf(null)).toBeNull();
    unknown.dispose();
  });

  it('asks anew for an id that is not known, and names no upstream for a foreign one', async () => {
    info.mockResolvedValueOnce(upstreams(null));
    expect(await model.upstreams.find('id-1')).toBe('embedded');
    expect(await model.upstreams.find('http://elsewhere/')).toBeNull();
  });
});
