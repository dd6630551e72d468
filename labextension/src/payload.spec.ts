import { parsePayload } from './payload';

const payload = {
  version: 1,
  experimentId: 'experiment-1-0001',
  server: 'id',
  name: 'digits',
  snapshot: {
    experiment: { experimentId: 'another', status: 'Running', spec: { spec: { Worker: {} } } },
    pods: [{ name: 'w-0', role: 'Worker', index: 0, state: 'Running', lines: ['a', 7, 'b'] }],
    time: '2026-01-01T00:00:00.000+00:00'
  }
};

describe('parsePayload', () => {
  it('reads an output', () => {
    const parsed = parsePayload(payload);
    expect(parsed).toMatchObject({ experimentId: 'experiment-1-0001', server: 'id' });
    expect(parsed?.snapshot?.pods[0].lines).toEqual(['a', 'b']);
  });

  it('takes the id of the output for that of its snapshot', () => {
    expect(parsePayload(payload)?.snapshot?.experiment.experimentId).toBe('experiment-1-0001');
  });

  it.each([
    ['no object', 'text'],
    ['another version', { ...payload, version: 2 }],
    ['no id', { ...payload, experimentId: undefined }],
    ['an id that is a path', { ...payload, experimentId: '../../x' }]
  ])('refuses %s', (_, data) => {
    expect(parsePayload(data)).toBeNull();
  });

  it('survives whatever else a file can hold', () => {
    const parsed = parsePayload({
      ...payload,
      server: {},
      name: [],
      snapshot: { experiment: { spec: 1 } }
    });
    expect(parsed).toMatchObject({ server: '', name: '' });
    expect(parsed?.snapshot?.experiment.spec.spec).toEqual({});
    expect(parsePayload({ ...payload, snapshot: '<b>' })?.snapshot).toBeNull();
  });
});
