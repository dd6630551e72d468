import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { act } from 'react';
import { type SubmarineModel } from '../model';
import { experiment } from '../view/experiment.fixture';
import { ENGLISH } from '../view/texts';
import { ComparisonDocument } from './comparisonDocument';

describe('ComparisonDocument', () => {
  let isStopped: boolean;
  let model: SubmarineModel;
  let ended: Signal<SubmarineModel, unknown>;
  let comparison: ComparisonDocument;

  const problem = (): string | null | undefined =>
    comparison.node.querySelector('[role="alert"] p')?.textContent;
  const isShown = (): boolean => comparison.node.textContent?.includes('name-of-a') ?? false;

  beforeEach(async () => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
    isStopped = true;
    const api = {
      get: async (_: string | null, id: string) => {
        if (isStopped) {
          throw new Error('The server does not run.');
        }
        return { ...experiment(id, 'Succeeded'), spec: { meta: { name: `name-of-${id}` } } };
      },
      series: async () => []
    };
    model = { api } as unknown as SubmarineModel;
    ended = new Signal(model);
    Object.assign(model, { ended });
    const trans = ENGLISH as unknown as ConstructorParameters<
      typeof ComparisonDocument
    >[0]['trans'];
    comparison = new ComparisonDocument({
      model,
      trans,
      ids: ['a', 'b'],
      upstream: null,
      onOpen: () => undefined
    });
    await act(async () => Widget.attach(comparison, document.body));
  });

  afterEach(() => act(() => comparison.dispose()));

  it('says why it cannot be read, and reads again when it is told to', async () => {
    expect(problem()).toBe('The server does not run.');
    isStopped = false;
    await act(async () => comparison.node.querySelector('button')?.click());
    expect(problem()).toBeUndefined();
    expect(isShown()).toBe(true);
  });

  it('forgets what was wrong when one of its experiments has ended', async () => {
    isStopped = false;
    await act(async () => ended.emit({ experimentId: 'a' }));
    expect(problem()).toBeUndefined();
    expect(isShown()).toBe(true);
  });
});
