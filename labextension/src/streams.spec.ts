import { type IStreamRecord, Streams } from './streams';

/** Stands in for the network: what the page sent, and what the hub would answer. */
class FakeSocket {
  static all: FakeSocket[] = [];

  readyState = 0;
  sent: { op: string; id: string; [key: string]: unknown }[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  drop(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  receive(message: unknown): number {
    const data = JSON.stringify(message);
    this.onmessage?.({ data });
    return new TextEncoder().encode(data).length;
  }
}

function lastSocket(): FakeSocket {
  return FakeSocket.all[FakeSocket.all.length - 1];
}

function listener() {
  return { record: jest.fn<void, [IStreamRecord]>(), connection: jest.fn<void, [boolean]>() };
}

describe('Streams', () => {
  let streams: Streams;

  beforeEach(() => {
    jest.useFakeTimers();
    FakeSocket.all = [];
    streams = new Streams({
      wsUrl: 'ws://here/a%40b/',
      WebSocket: FakeSocket as unknown as typeof WebSocket,
      token: 'secret',
      appendToken: false
    });
  });

  afterEach(() => {
    streams.dispose();
    jest.useRealTimers();
  });

  it('opens one socket for all subscriptions', () => {
    expect(FakeSocket.all).toHaveLength(0);
    streams.subscribe({ upstream: null, experiment: '*' }, listener());
    streams.subscribe({ upstream: 'team', experiment: 'e', tail: 10 }, listener());
    lastSocket().accept();
    expect(FakeSocket.all).toHaveLength(1);
    expect(lastSocket().url).toBe('ws://here/a%40b/submarine/stream');
    expect(lastSocket().sent).toEqual([
      { op: 'subscribe', id: '1', upstream: null, experiment: '*' },
      { op: 'subscribe', id: '2', upstream: 'team', experiment: 'e', tail: 10 }
    ]);
  });

  it('sends the token where sockets need it', () => {
    streams.dispose();
    streams = new Streams({
      wsUrl: 'ws://here/',
      WebSocket: FakeSocket as unknown as typeof WebSocket,
      token: 'a b',
      appendToken: true
    });
    streams.subscribe({ upstream: null, experiment: '*' }, listener());
    expect(lastSocket().url).toBe('ws://here/submarine/stream?token=a%20b');
  });

  it('gives each message to its own subscription', () => {
    const one = listener();
    const other = listener();
    streams.subscribe({ upstream: null, experiment: 'e' }, one);
    streams.subscribe({ upstream: null, experiment: 'f' }, other);
    lastSocket().accept();
    lastSocket().receive({ id: '2', event: 'status', cursor: 'c', data: { status: 'Running' } });
    expect(one.record).not.toHaveBeenCalled();
    expect(other.record).toHaveBeenCalledWith(
      {
        event: 'status',
        cursor: 'c',
        data: { status: 'Running' }
      },
      expect.any(Number)
    );
  });

  it('comes back after a break and goes on at the last cursor', () => {
    const one = listener();
    streams.subscribe({ upstream: null, experiment: 'e', tail: 10 }, one);
    lastSocket().accept();
    lastSocket().receive({ id: '1', event: 'log', cursor: 'c7', data: {} });
    lastSocket().receive({
      id: '1',
      event: 'error',
      cursor: null,
      data: { code: 'Unreachable', retry: true }
    });
    lastSocket().drop();
    expect(one.connection).toHaveBeenLastCalledWith(false);
    jest.advanceTimersByTime(1000);
    expect(FakeSocket.all).toHaveLength(2);
    lastSocket().accept();
    expect(one.connection).toHaveBeenLastCalledWith(true);
    expect(lastSocket().sent).toEqual([
      { op: 'subscribe', id: '1', upstream: null, experiment: 'e', after: 'c7' }
    ]);
  });

  it('opens again for who comes after a break that nobody was there for', () => {
    streams.subscribe({ upstream: null, experiment: 'e' }, listener()).dispose();
    lastSocket().accept();
    lastSocket().drop();
    const one = listener();
    streams.subscribe({ upstream: null, experiment: '*' }, one);
    expect(FakeSocket.all).toHaveLength(2);
    lastSocket().accept();
    expect(one.connection).toHaveBeenLastCalledWith(true);
    expect(lastSocket().sent.map(({ op }) => op)).toEqual(['subscribe']);
  });

  it('opens one socket for who come while the next try is waited for', () => {
    streams.subscribe({ upstream: null, experiment: 'e' }, listener());
    lastSocket().drop();
    const one = listener();
    streams.subscribe({ upstream: null, experiment: 'f' }, one);
    expect(one.connection).toHaveBeenCalledWith(false);
    expect(FakeSocket.all).toHaveLength(1);
    jest.advanceTimersByTime(1000);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('waits longer from one failed try to the next, up to a bound', () => {
    streams.subscribe({ upstream: null, experiment: 'e' }, listener());
    const tries = (milliseconds: number): number => {
      const before = FakeSocket.all.length;
      for (let t = 0; t < milliseconds; t += 100) {
        if (lastSocket().readyState === 0) {
          lastSocket().drop();
        }
        jest.advanceTimersByTime(100);
      }
      return FakeSocket.all.length - before;
    };
    const first = tries(30_000);
    const later = tries(300_000);
    expect(first).toBeGreaterThanOrEqual(4);
    expect(first).toBeLessThanOrEqual(8);
    expect(later).toBeGreaterThanOrEqual(6);
    expect(later).toBeLessThanOrEqual(22);
  });

  it('acknowledges the bytes of UTF-8 taken in, once a batch', () => {
    streams.subscribe({ upstream: null, experiment: 'e' }, listener());
    lastSocket().accept();
    const bytes =
      lastSocket().receive({ id: '1', event: 'log', cursor: 'a', data: { lines: ['é€😀'] } }) +
      lastSocket().receive({ id: '1', event: 'log', cursor: 'b', data: { lines: ['ascii'] } });
    expect(lastSocket().sent).toHaveLength(1);
    jest.advanceTimersByTime(100);
    expect(lastSocket().sent.slice(1)).toEqual([{ op: 'ack', id: '1', bytes }]);
  });

  it('acknowledges a flood without waiting', () => {
    streams.subscribe({ upstream: null, experiment: 'e' }, listener());
    lastSocket().accept();
    const bytes = lastSocket().receive({
      id: '1',
      event: 'log',
      cursor: 'a',
      data: { lines: ['x'.repeat(200_000)] }
    });
    expect(lastSocket().sent.slice(1)).toEqual([{ op: 'ack', id: '1', bytes }]);
  });

  it('does not acknowledge to a new connection what came over the old one', () => {
    streams.subscribe({ upstream: null, experiment: 'e' }, listener());
    lastSocket().accept();
    lastSocket().receive({ id: '1', event: 'log', cursor: 'a', data: {} });
    lastSocket().drop();
    jest.advanceTimersByTime(1000);
    lastSocket().accept();
    jest.advanceTimersByTime(1000);
    expect(lastSocket().sent.filter(({ op }) => op === 'ack')).toEqual([]);
  });

  it.each([
    ['the end', { event: 'end', data: { status: 'Succeeded' } }],
    ['an error for good', { event: 'error', data: { code: 'NotFound', retry: false } }]
  ])('does not subscribe again after %s', (_, last) => {
    const one = listener();
    streams.subscribe({ upstream: null, experiment: 'e' }, one);
    streams.subscribe({ upstream: null, experiment: '*' }, listener());
    lastSocket().accept();
    lastSocket().receive({ id: '1', cursor: 'z', ...last });
    expect(one.record).toHaveBeenCalledTimes(1);
    lastSocket().drop();
    jest.advanceTimersByTime(1000);
    lastSocket().accept();
    expect(lastSocket().sent.map(({ id }) => id)).toEqual(['2']);
  });

  it('closes the socket some seconds after the last subscription', () => {
    const subscription = streams.subscribe({ upstream: null, experiment: 'e' }, listener());
    const socket = lastSocket();
    socket.accept();
    subscription.dispose();
    subscription.dispose();
    expect(socket.sent.slice(1)).toEqual([{ op: 'unsubscribe', id: '1' }]);
    expect(socket.readyState).toBe(1);
    streams.subscribe({ upstream: null, experiment: 'f' }, listener()).dispose();
    jest.advanceTimersByTime(10_000);
    expect(socket.readyState).toBe(3);
    expect(FakeSocket.all).toHaveLength(1);
  });
});
