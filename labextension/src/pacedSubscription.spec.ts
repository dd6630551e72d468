import { pacedSubscription } from './pacedSubscription';
import { type IStreamListener, type IStreamTarget } from './streams';

const MEGABYTE = 1024 * 1024;

class Hub {
  readonly targets: IStreamTarget[] = [];
  listener: IStreamListener | null = null;

  subscribe(
    target: IStreamTarget,
    listener: IStreamListener
  ): ReturnType<typeof pacedSubscription> {
    this.targets.push(target);
    this.listener = listener;
    return {
      isDisposed: false,
      dispose: () => {
        this.listener = null;
      }
    };
  }

  send(bytes: number, event = 'log'): void {
    this.listener?.record({ event, cursor: 'c', data: null }, bytes);
  }
}

describe('pacedSubscription', () => {
  let hub: Hub;
  let skips: number;
  let records: number;
  let subscription: ReturnType<typeof pacedSubscription>;

  beforeEach(() => {
    jest.useFakeTimers();
    hub = new Hub();
    skips = records = 0;
    subscription = pacedSubscription(
      hub,
      { upstream: null, experiment: 'e' },
      {
        record: () => (records += 1),
        connection: () => undefined,
        skipped: () => (skips += 1)
      }
    );
  });

  afterEach(() => {
    subscription.dispose();
    jest.useRealTimers();
  });

  it('follows whatever comes at a pace one can read', () => {
    for (let second = 0; second < 60; second++) {
      hub.send(MEGABYTE);
      jest.advanceTimersByTime(1_000);
    }
    expect([records, skips, hub.targets.length]).toEqual([60, 0, 1]);
  });

  it('lets a burst go, and goes on at the tail', () => {
    const [{ tail }] = hub.targets;
    for (let i = 0; i < 10; i++) {
      hub.send(MEGABYTE);
    }
    expect(records).toBe(3);
    expect(hub.listener).toBeNull();
    jest.advanceTimersByTime(1_000);
    expect(skips).toBe(1);
    expect(hub.targets).toHaveLength(2);
    expect(hub.targets[1].tail).toBeLessThan(tail as number);
    expect(hub.targets[1]).not.toHaveProperty('after');
  });

  it('takes a bounded number of bytes however long a burst is', () => {
    let bytes = 0;
    for (let tick = 0; tick < 300; tick++) {
      for (let i = 0; hub.listener && i < 20; i++) {
        hub.send(MEGABYTE / 4);
        bytes += MEGABYTE / 4;
      }
      jest.advanceTimersByTime(10);
    }
    expect(bytes).toBeLessThan(12 * MEGABYTE);
    expect(skips).toBeGreaterThan(2);
  });

  it('leaves for no other record than lines', () => {
    hub.send(10 * MEGABYTE, 'status');
    expect(hub.listener).not.toBeNull();
  });

  it('does not come back once it is over', () => {
    hub.send(10 * MEGABYTE);
    subscription.dispose();
    jest.advanceTimersByTime(10_000);
    expect(hub.targets).toHaveLength(1);
  });
});
