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

  /** Lines of a pod's log, as many bytes as a record has. */
  sendLines(bytes: number, count: number, continued = false, pod = 'p'): void {
    const lines = Array<string>(count).fill('');
    const data = { pod, attempt: 1, offset: 0, lines, continued };
    this.listener?.record({ event: 'log', cursor: 'c', data }, bytes);
  }

  /** The tail that was asked for, in small lines. */
  sendTail(): void {
    this.sendLines(0, this.targets[this.targets.length - 1].tail ?? 0);
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
    hub.sendTail();
    for (let second = 0; second < 60; second++) {
      hub.sendLines(MEGABYTE, 10_000);
      jest.advanceTimersByTime(1_000);
    }
    expect([records, skips, hub.targets.length]).toEqual([61, 0, 1]);
  });

  it('takes the tail of each pod whole, however large, and so comes to the end', () => {
    const { tail } = hub.targets[0] as { tail: number };
    for (const pod of ['p', 'q', 'r']) {
      for (let piece = 0; piece < 20; piece++) {
        hub.sendLines(MEGABYTE, tail / 20, false, pod);
      }
    }
    hub.send(MEGABYTE, 'metric');
    hub.send(100, 'end');
    jest.advanceTimersByTime(10_000);
    expect([records, skips, hub.targets.length]).toEqual([62, 0, 1]);
  });

  it('counts a line in pieces once', () => {
    const { tail } = hub.targets[0] as { tail: number };
    for (let piece = 0; piece < 2 * tail; piece++) {
      hub.sendLines(MEGABYTE / 100, 1, true);
    }
    expect(hub.listener).not.toBeNull();
  });

  it('follows a quiet run whose tail is large, once a burst is over', () => {
    hub.sendTail();
    hub.sendLines(3 * MEGABYTE, 100_000);
    for (let second = 0; second < 20; second++) {
      jest.advanceTimersByTime(1_000);
      if (second === 2) {
        hub.sendLines(5 * MEGABYTE, hub.targets[1].tail as number);
      }
      hub.sendLines(100, 1);
    }
    expect([skips, hub.targets.length]).toEqual([1, 2]);
    expect(hub.listener).not.toBeNull();
  });

  it('asks less often for what is large beside the lines', () => {
    hub.sendTail();
    hub.send(MEGABYTE, 'metric');
    hub.sendLines(3 * MEGABYTE, 100_000);
    jest.advanceTimersByTime(1_900);
    expect(skips).toBe(0);
    jest.advanceTimersByTime(200);
    expect(skips).toBe(1);
  });

  it('lets a burst go, and goes on at the tail', () => {
    const [{ tail }] = hub.targets;
    hub.sendTail();
    for (let i = 0; i < 10; i++) {
      hub.sendLines(MEGABYTE, 10_000);
    }
    expect(records).toBe(4);
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
        hub.sendLines(MEGABYTE / 4, 2_500);
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
    hub.sendTail();
    hub.sendLines(10 * MEGABYTE, 1);
    subscription.dispose();
    jest.advanceTimersByTime(10_000);
    expect(hub.targets).toHaveLength(1);
  });
});
