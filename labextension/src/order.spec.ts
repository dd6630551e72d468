import { choose, countGroups, type Group, type IChoice } from './order';
import { experiment } from './view/experiment.fixture';
import { type IExperiment } from './view/records';

const NOW = Date.parse('2026-01-02T00:00:00Z');

function made(id: string, fields: Partial<IExperiment>, tags: string[] = []): IExperiment {
  const plain = experiment(id, 'Running');
  return { ...plain, ...fields, spec: { ...plain.spec, meta: { name: id, tags } } };
}

const NEWEST = [
  made('delta', { status: 'Accepted' }),
  made('alpha', { status: 'Running', runningTime: '2026-01-01T23:00:00Z' }, ['Sweep']),
  made(
    'charlie',
    {
      status: 'Succeeded',
      runningTime: '2026-01-01T00:00:00Z',
      finishedTime: '2026-01-01T10:00:00Z'
    },
    ['baseline']
  ),
  made('bravo', { status: 'Failed' }),
  made('echo', { status: 'Failed', reason: 'Stopped' })
];

function ids(choice: Partial<IChoice>): string[] {
  const all: IChoice = { words: '', groups: new Set<Group>(), order: 'newest' };
  return choose(NEWEST, { ...all, ...choice }, NOW).map(({ experimentId }) => experimentId);
}

describe('choose', () => {
  it('orders in every way', () => {
    expect(ids({})).toEqual(['delta', 'alpha', 'charlie', 'bravo', 'echo']);
    expect(ids({ order: 'oldest' })).toEqual(['echo', 'bravo', 'charlie', 'alpha', 'delta']);
    expect(ids({ order: 'name' })).toEqual(['alpha', 'bravo', 'charlie', 'delta', 'echo']);
    expect(ids({ order: 'status' })).toEqual(['alpha', 'delta', 'bravo', 'echo', 'charlie']);
    expect(ids({ order: 'duration' })).toEqual(['charlie', 'alpha', 'delta', 'bravo', 'echo']);
  });

  it('finds all words, in any case and any field', () => {
    expect(ids({ words: 'ALP running' })).toEqual(['alpha']);
    expect(ids({ words: 'alpha failed' })).toEqual([]);
    expect(ids({ words: ' base ' })).toEqual(['charlie']);
  });

  it('looks among the tags only when asked to', () => {
    expect(ids({ words: 'tag:sweep' })).toEqual(['alpha']);
    expect(ids({ words: 'tag:alpha' })).toEqual([]);
  });

  it('narrows to groups of statuses', () => {
    expect(ids({ groups: new Set<Group>(['waiting', 'failed']) })).toEqual(['delta', 'bravo']);
  });

  it('tells what was stopped from what failed', () => {
    expect(ids({ groups: new Set<Group>(['stopped']) })).toEqual(['echo']);
    expect(ids({ words: 'stopped' })).toEqual(['echo']);
    expect(ids({ words: 'failed' })).toEqual(['bravo']);
  });
});

it('counts each group', () => {
  expect(countGroups(NEWEST)).toEqual({
    waiting: 1,
    running: 1,
    succeeded: 1,
    failed: 1,
    stopped: 1
  });
});
