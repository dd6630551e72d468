import { experiment } from './experiment.fixture';
import { type ExperimentRecord, type ITimelineEvent } from './records';
import { EMPTY_STATE, failure, type IViewState, reduce, waiting } from './state';

function after(...records: ExperimentRecord[]): IViewState {
  return records.reduce(
    (state, record) => reduce(state, { type: 'record', record, now: 1000 }),
    EMPTY_STATE
  );
}

function event(kind: ITimelineEvent['kind'], reason: string, message: string): ExperimentRecord {
  return {
    event: 'event',
    cursor: 'c',
    data: { time: '2026-01-01T00:00:00.000+00:00', kind, reason, message, pod: null }
  };
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

  it('keeps the newest value of a metric', () => {
    const points = (step: number, value: number): ExperimentRecord => ({
      event: 'metric',
      cursor: 'c',
      data: { pod: 'p', name: 'loss', points: [[step, value, 0]] }
    });
    expect(after(points(1, 0.5), points(2, 0.25)).metrics).toEqual([
      { name: 'loss', pod: 'p', step: 2, value: 0.25 }
    ]);
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

  it('is disconnected from the first unanswered try until the next record', () => {
    const lost = after(status('Running'), error('Unreachable', true));
    expect(lost.disconnectedSince).toBe(1000);
    const later = reduce(lost, { type: 'record', record: error('Unreachable', true), now: 2000 });
    expect(later.disconnectedSince).toBe(1000);
    const socketBack = reduce(later, { type: 'connection', connected: true, now: 2000 });
    expect(socketBack.disconnectedSince).toBe(1000);
    const back = reduce(later, { type: 'record', record: status('Running'), now: 3000 });
    expect(back.disconnectedSince).toBeNull();
    expect(back.error).toBeNull();
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
    expect(waiting(after(status('Accepted'), queued))).toBe('waiting for 2 GPUs');
    expect(waiting(after(status('Running'), queued))).toBeNull();
  });
});
