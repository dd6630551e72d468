import { experiment } from './experiment.fixture';
import { type ExperimentRecord, type IPod } from './records';
import { type IExperimentSource, type ISourceListener } from './source';
import { ExperimentStore } from './store';

class Source implements IExperimentSource {
  listener: ISourceListener | null = null;
  asked = 0;
  answer: (pods: IPod[]) => void = () => undefined;

  subscribe(listener: ISourceListener): () => void {
    this.listener = listener;
    return () => {
      this.listener = null;
    };
  }

  pods(): Promise<IPod[]> {
    this.asked += 1;
    return new Promise(resolve => {
      this.answer = resolve;
    });
  }
}

const POD: IPod = { name: 'p', role: 'Worker', index: 0, state: 'Running' };

function log(pod: string, offset: number, lines: string[]): ExperimentRecord {
  return { event: 'log', cursor: 'c', data: { pod, attempt: 1, offset, lines } };
}

const podEvent: ExperimentRecord = {
  event: 'event',
  cursor: 'c',
  data: { time: 't', kind: 'pod', reason: 'Started', message: '', pod: 'p' }
};

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await Promise.resolve();
  }
}

describe('ExperimentStore', () => {
  let source: Source;
  let store: ExperimentStore;
  let frames: (() => void)[];

  const paint = (): void => frames.splice(0).forEach(frame => frame());

  beforeEach(() => {
    frames = [];
    source = new Source();
    store = new ExperimentStore(frame => frames.push(frame));
    store.connect(source);
  });

  it('tells its listeners once a frame, however much comes', () => {
    const listener = jest.fn();
    store.subscribe(listener);
    for (let i = 0; i < 100; i++) {
      source.listener?.records([log('p', 2 * i, ['x'])]);
    }
    expect(frames).toHaveLength(1);
    expect(listener).not.toHaveBeenCalled();
    paint();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(store.log('p')?.end).toBe(100);
  });

  it('asks for the pods at first and when one changes, one question at a time', async () => {
    source.listener?.records([podEvent]);
    source.listener?.records([podEvent]);
    source.listener?.records([{ ...podEvent }, log('p', 0, ['x'])]);
    expect(source.asked).toBe(1);
    source.answer([POD]);
    await settled();
    expect(source.asked).toBe(2);
    source.answer([{ ...POD, state: 'Succeeded' }]);
    await settled();
    expect(source.asked).toBe(2);
    paint();
    expect(store.getState().pods[0].state).toBe('Succeeded');
  });

  it('knows a pod by its log where there is no list of pods', () => {
    store.connect({ subscribe: listener => source.subscribe(listener) });
    source.listener?.records([log('somewhere-worker-0', 0, ['x'])]);
    paint();
    expect(store.getState().pods.map(({ name }) => name)).toEqual(['somewhere-worker-0']);
  });

  it('shows a snapshot until live data comes, and none after', () => {
    const snapshot = {
      experiment: experiment('e', 'Running'),
      pods: [{ ...POD, lines: ['saved'] }],
      time: null
    };
    store.showSnapshot(snapshot);
    expect(store.log('p')?.linesFrom(0)[0].text).toBe('saved');
    source.listener?.records([
      { event: 'status', cursor: 'c', data: experiment('e', 'Succeeded') },
      log('p', 0, ['live'])
    ]);
    store.showSnapshot(snapshot);
    paint();
    expect(store.getState().experiment?.status).toBe('Succeeded');
    expect(
      store
        .log('p')
        ?.linesFrom(0)
        .map(({ text }) => text)
    ).toEqual(['live']);
  });

  it('leaves its source when it follows another', () => {
    store.connect(new Source());
    expect(source.listener).toBeNull();
  });
});
