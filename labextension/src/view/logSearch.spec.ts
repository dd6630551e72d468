import { type IFound, markOfMatch, marksIn, ServerSearch } from './logSearch';
import { ServedLog } from './logs.fixture';

const wanted = (text: string, more = {}): Parameters<typeof marksIn>[1] => ({
  text,
  case: false,
  regex: false,
  ...more
});

describe('marksIn', () => {
  it('finds a text in whatever case, or in one', () => {
    const places = (text: string, more = {}): number[] =>
      marksIn('Loss loss', wanted(text, more)).map(({ from }) => from);
    expect(places('loss')).toEqual([0, 5]);
    expect(places('loss', { case: true })).toEqual([5]);
    expect(places('')).toEqual([]);
  });

  it('runs no pattern in the page', () => {
    expect(marksIn('aaaa', wanted('(a+)+$', { regex: true }))).toEqual([]);
  });
});

describe('markOfMatch', () => {
  const match = { number: 0, offset: 0, time: null, text: '😀 loss', start: 2, end: 6 };

  it('counts as the page does', () => {
    expect(markOfMatch(match)).toMatchObject({ from: 3, to: 7 });
  });

  it('does not guess where controls are left out of what is shown', () => {
    expect(markOfMatch({ ...match, text: '\u001b[1mloss' })).toBeNull();
  });
});

describe('ServerSearch', () => {
  let shown: number[];
  let found: IFound;
  let inView: number;
  let search: ServerSearch;

  beforeEach(() => {
    shown = [];
    inView = 0;
    const served = ServedLog.numbered(3_000);
    search = new ServerSearch(
      async (_, query) => {
        if (query.regex) {
          throw new Error('regex: missing )');
        }
        return served.search(query);
      },
      'p',
      {
        firstInView: () => inView,
        show: async number => shown.push(number) > 0
      },
      news => {
        found = news;
      }
    );
  });

  const begin = (text: string, more = {}): Promise<void> =>
    search.begin({ text, case: false, regex: false, ...more });

  it('shows the first match from what is in view on, and counts them all', async () => {
    inView = 1_000;
    await begin('77');
    expect(shown).toEqual([1_077]);
    expect(found).toMatchObject({ isAll: true, problem: null });
    expect(found.current).toBe(found.count - [...countOf('77', 1_077, 3_000)].length + 1);
  });

  it('goes round at both ends', async () => {
    await begin('line 299');
    expect(shown).toEqual([299]);
    await search.go('backward');
    expect(shown.pop()).toBe(2_999);
    await search.go('forward');
    expect(shown.pop()).toBe(299);
    await search.go('forward');
    expect(shown.pop()).toBe(2_990);
  });

  it('takes every step of keys that come faster than answers', async () => {
    await begin('line 299');
    await Promise.all([search.go('forward'), search.go('forward'), search.go('backward')]);
    expect(shown).toEqual([299, 2_990, 2_991, 2_990]);
  });

  it('says when there is nothing', async () => {
    await begin('nowhere');
    expect(shown).toEqual([]);
    expect(found).toEqual({ count: 0, isAll: true, current: null, problem: null });
  });

  it('counts on where an answer ends', async () => {
    await begin('line');
    expect(found.count).toBe(3_000);
  });

  it('passes on what the server says of a pattern', async () => {
    await begin('(', { regex: true });
    expect(found.problem).toBe('regex: missing )');
  });
});

function* countOf(text: string, from: number, to: number): Iterable<number> {
  for (let number = from; number < to; number++) {
    if (`line ${number}`.includes(text)) {
      yield number;
    }
  }
}
