import { experiment } from './experiment.fixture';
import { type ExperimentRecord, type IPod, type ITimelineEvent } from './records';
import { EMPTY_STATE, failure, type IViewState, reduce, waiting } from './state';

function after(...records: ExperimentRecord[]): IViewState {
  return records.reduce(
    (state, record) => reduce(state, { type: 'record', record, now: 1000 }),
    EMPTY_STATE
  );
}

function event(
  kind: ITimelineEvent['kind'],
  reason: string,
  message: string,
  pod: string | null = null
): ExperimentRecord {
  const time = '2026-01-01T00:00:00.000+00:00';
  return { event: 'event', cursor: 'c', data: { time, kind, reason, message, pod } };
}

function log(pod: string): ExperimentRecord {
  return { event: 'log', cursor: 'c', data: { pod, attempt: 1, offset: 0, lines: ['x'] } };
}

function status(value: 'Accepted' | 'Running' | 'Failed'): ExperimentRecord {
  return { event: 'status', cursor: 'c', data: experiment('e', value) };
}

function error(code: string, retry: boolean): ExperimentRecord {
  return { event: 'error', cursor: null, data: { code, message: `${code}.`, retry } };
}

describe('reduce', () => {
  it('shows the newest status', () => {
    expect(after(status('Accepted'), status('Running')).experiment?.status).toBe('Running');
  });

  it('keeps each event once', () => {
    const started = event('pod', 'Started', 'w-0 started');
    expect(after(started, event('pod', 'Started', 'w-1 started'), started).events).toHaveLength(2);
  });

  it('keeps the points of each series', () => {
    const points = (step: number, value: number): ExperimentRecord => ({
      event: 'metric',
      cursor: 'c',
      data: { pod: 'p', attempt: 1, name: 'loss', points: [[step, value, step]] }
    });
    const state = after(points(1, 0.5), points(2, 0.25));
    expect(state.series).toHaveLength(1);
    expect(state.series[0].points.map(({ value }) => value)).toEqual([0.5, 0.25]);
    const again = reduce(state, { type: 'record', record: points(2, 0.25), now: 1 });
    expect(again).toBe(state);
  });

  it('ends with the last status', () => {
    const state = after(status('Running'), {
      event: 'end',
      cursor: 'c',
      data: { status: 'Deleted' }
    });
    expect(state.ended).toBe(true);
    expect(state.experiment?.status).toBe('Deleted');
  });

  it.each<[string, ExperimentRecord]>([
    ['it is told that the stream is open again', { event: 'connected', cursor: null, data: null }],
    ['the next record', status('Running')]
  ])('is disconnected from the first unanswered try until %s', (_, sign) => {
    const lost = after(status('Running'), error('Unreachable', true));
    expect(lost.disconnectedSince).toBe(1000);
    const later = reduce(lost, { type: 'record', record: error('Unreachable', true), now: 2000 });
    expect(later.disconnectedSince).toBe(1000);
    const back = reduce(later, { type: 'record', record: sign, now: 3000 });
    expect(back.disconnectedSince).toBeNull();
    expect(back.error).toBeNull();
  });

  it('is no live state yet when only the way to the server is open', () => {
    const away = after(error('NotStarted', true));
    const record: ExperimentRecord = { event: 'connected', cursor: null, data: null };
    expect(reduce(away, { type: 'record', record, now: 1 })).toEqual(EMPTY_STATE);
  });

  it('knows nothing of the upstream from before a break of the page', () => {
    const lost = after(status('Running'), error('Unreachable', true));
    const broken = reduce(lost, { type: 'connection', connected: false, now: 2000 });
    expect(broken.disconnectedSince).toBe(1000);
    const back = reduce(broken, { type: 'connection', connected: true, now: 3000 });
    expect([back.disconnectedSince, back.error]).toEqual([null, null]);
  });

  it('is connected again when the page is', () => {
    const lost = reduce(EMPTY_STATE, { type: 'connection', connected: false, now: 5 });
    expect(lost.disconnectedSince).toBe(5);
    const back = reduce(lost, { type: 'connection', connected: true, now: 6 });
    expect(back.disconnectedSince).toBeNull();
  });

  it('does not call a server that was not started disconnected', () => {
    const state = after(error('NotStarted', true));
    expect(state.disconnectedSince).toBeNull();
    expect(state.error?.code).toBe('NotStarted');
    expect(state.live).toBe(false);
  });

  it('passes over events of a later version', () => {
    const record = { event: 'novelty', cursor: 'c', data: {} } as unknown as ExperimentRecord;
    expect(after(status('Running'), record).experiment?.status).toBe('Running');
  });
});

describe('pods', () => {
  const running: IPod = { name: 'e-worker-0', role: 'Worker', index: 0, state: 'Running' };
  const listed = (state: IViewState): IViewState =>
    reduce(state, { type: 'pods', pods: [running] });
  const states = (state: IViewState): string[] => state.pods.map(pod => pod.state);

  it.each<[string, ExperimentRecord]>([
    ['deleted', { event: 'end', cursor: 'c', data: { status: 'Deleted' } }],
    ['not there any more', error('NotFound', false)]
  ])('do not run in an experiment that was %s', (_, record) => {
    const gone = reduce(listed(after(status('Running'))), { type: 'record', record, now: 1 });
    expect(gone.experiment?.status).toBe('Deleted');
    expect(states(gone)).toEqual(['Stopped']);
    expect(states(listed(gone))).toEqual(['Stopped']);
  });

  it('are those of the list, whatever events of the past tell', () => {
    const started = event('pod', 'Started', '', 'e-worker-0');
    const state = reduce(listed(after(status('Running'))), {
      type: 'pods',
      pods: [{ ...running, state: 'Succeeded' }]
    });
    expect(states(reduce(state, { type: 'record', record: started, now: 1 }))).toEqual([
      'Succeeded'
    ]);
  });

  it('are told by spec, events and logs where there is no list', () => {
    const planned = reduce(EMPTY_STATE, { type: 'plan', withLog: [] });
    const steps: [ExperimentRecord, string][] = [
      [status('Running'), 'Pending'],
      [log('e-worker-0'), 'Running'],
      [event('pod', 'OOMKilled', 'too much', 'e-worker-0'), 'Failed'],
      [event('pod', 'Started', '', 'e-worker-0'), 'Running'],
      [{ event: 'end', cursor: 'c', data: { status: 'Succeeded' } }, 'Succeeded']
    ];
    let state = planned;
    for (const [record, expected] of steps) {
      state = reduce(state, { type: 'record', record, now: 1 });
      expect(states(state)).toEqual([expected]);
    }
  });
});

describe('failure', () => {
  it('is the newest event of the status, once failed', () => {
    const records = [event('status', 'OOMKilled', 'w-0 ran out of memory'), event('pod', 'x', 'y')];
    expect(failure(after(status('Running'), ...records))).toBeNull();
    expect(failure(after(status('Failed'), ...records))?.reason).toBe('OOMKilled');
  });
});

describe('waiting', () => {
  it('is the reason why an accepted experiment does not run yet', () => {
    const queued = event('status', 'Queued', 'waiting for 2 GPUs');
    const warning = event('warning', 'Ignored', 'the image');
    expect(waiting(after(status('Accepted'), queued, warning))).toBe('waiting for 2 GPUs');
    expect(waiting(after(status('Running'), queued))).toBeNull();
  });
});
