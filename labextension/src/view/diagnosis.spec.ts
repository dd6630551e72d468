import { experiment } from './experiment.fixture';
import { diagnose } from './diagnosis';
import { type IPod, type ITimelineEvent } from './records';
import { EMPTY_STATE, type IViewState } from './state';

const POD: IPod = { name: 'e-worker-0', role: 'Worker', index: 0, state: 'Failed', exitCode: 1 };

function event(kind: ITimelineEvent['kind'], reason: string, message: string): ITimelineEvent {
  const pod = kind === 'evidence' ? POD.name : null;
  return { time: '2026-01-01T00:00:00.000+00:00', kind, reason, message, pod };
}

function failed(...events: ITimelineEvent[]): IViewState {
  return { ...EMPTY_STATE, experiment: experiment('e', 'Failed'), pods: [POD], events };
}

describe('diagnose', () => {
  it('has a sentence, the pod, and its last lines', () => {
    const found = diagnose(
      failed(
        event('evidence', 'Error', 'Traceback\nKeyError: 1'),
        event('status', 'Error', 'e-worker-0 exited with code 1: KeyError: 1')
      )
    );
    expect(found?.sentence).toBe('worker-0 exited with code 1: KeyError: 1');
    expect(found?.pod).toBe(POD);
    expect(found?.lines).toEqual(['Traceback', 'KeyError: 1']);
  });

  it('names a reason that says more than that it failed', () => {
    const found = diagnose(failed(event('status', 'OOMKilled', 'it took 2 GiB')));
    expect(found?.sentence).toBe('OOMKilled: it took 2 GiB');
    expect(found?.lines).toEqual([]);
    expect(found?.pod).toBe(POD);
  });

  it('gives no evidence against one that was stopped', () => {
    const found = diagnose(
      failed(event('evidence', 'Stopped', 'step 5'), event('status', 'Stopped', 'on request'))
    );
    expect(found?.lines).toEqual([]);
  });

  it('is null for one that did not fail', () => {
    const state = failed(event('status', 'Error', 'x'));
    expect(diagnose({ ...state, experiment: experiment('e', 'Running') })).toBeNull();
    expect(diagnose(failed())).toBeNull();
  });
});
