import React, { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { type ReadOnly } from './readOnly';
import { type IExperimentSource } from './source';
import { type IAbilities, useAbilities } from './useAbilities';

describe('useAbilities', () => {
  let root: Root;
  let abilities: IAbilities;
  let source: IExperimentSource;
  let failing: Set<'features' | 'readOnly'>;

  function Probe(props: { live: boolean }): null {
    abilities = useAbilities(source, props.live);
    return null;
  }

  const answer = async <T,>(question: 'features' | 'readOnly', value: T): Promise<T> => {
    if (failing.has(question)) {
      throw new Error('no answer');
    }
    return value;
  };
  const show = (live = true): Promise<void> => act(async () => root.render(<Probe live={live} />));
  const later = (): Promise<void> => act(async () => jest.advanceTimersByTimeAsync(2_000));

  beforeEach(() => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
    jest.useFakeTimers();
    failing = new Set();
    source = {
      subscribe: () => () => undefined,
      features: () => answer('features', new Set(['stop'])),
      readOnly: () => answer<ReadOnly>('readOnly', 'token')
    };
    root = createRoot(document.createElement('div'));
  });

  afterEach(() => {
    act(() => root.unmount());
    jest.useRealTimers();
  });

  it('offers nothing special until the server answers', async () => {
    await show(false);
    expect(abilities.features.has('stop')).toBe(false);
    await show();
    expect(abilities.features.has('stop')).toBe(true);
    expect(abilities.readOnly).toBe('token');
  });

  it('offers what the server can do though the role is not known yet', async () => {
    failing.add('readOnly');
    await show();
    expect(abilities.features.has('stop')).toBe(true);
    expect(abilities.readOnly).toBeNull();
    failing.clear();
    await later();
    expect(abilities.readOnly).toBe('token');
  });

  it('asks again what the server can do after a failure', async () => {
    failing.add('features');
    await show();
    expect(abilities.features.has('stop')).toBe(false);
    expect(abilities.readOnly).toBe('token');
    failing.clear();
    await later();
    expect(abilities.features.has('stop')).toBe(true);
  });

  it('asks no more when the view is gone', async () => {
    failing.add('features');
    await show();
    act(() => root.unmount());
    expect(jest.getTimerCount()).toBe(0);
    root = createRoot(document.createElement('div'));
  });
});
