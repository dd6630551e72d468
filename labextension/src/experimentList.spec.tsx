import { nullTranslator } from '@jupyterlab/translation';
import React, { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { ExperimentList } from './experimentList';
import { experiment } from './view/experiment.fixture';
import { type IExperiment, type Status } from './view/records';

const NOW = Date.parse('2026-01-02T00:00:00Z');

/** One that began to run a minute ago. */
function begun(status: Status): IExperiment {
  const runningTime = new Date(NOW - 60_000).toISOString();
  return { ...experiment('e-1', status), runningTime };
}

describe('ExperimentList', () => {
  let host: HTMLElement;
  let root: Root;

  const show = (shown: IExperiment, isShown = true): void =>
    act(() =>
      root.render(
        <ExperimentList
          experiments={[shown]}
          selected={[]}
          columns={{ framework: true, duration: true, tags: true, age: true }}
          isShown={isShown}
          trans={nullTranslator.load('submarine_jupyter')}
          onSelect={() => undefined}
          onOpen={() => undefined}
          onDelete={() => undefined}
          onTag={() => undefined}
        />
      )
    );
  const duration = (): string | null | undefined =>
    host.querySelector('.jp-SubmarinePanel-duration')?.textContent;
  const wait = (milliseconds: number): void =>
    act(() => void jest.advanceTimersByTime(milliseconds));

  beforeEach(() => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
    jest.useFakeTimers({ now: NOW });
    host = document.createElement('div');
    root = createRoot(host);
  });

  afterEach(() => {
    act(() => root.unmount());
    jest.useRealTimers();
  });

  it('tells how long a run goes on', () => {
    show(begun('Running'));
    expect(duration()).toBe('1 min 0 s');
    wait(2_000);
    expect(duration()).toBe('1 min 2 s');
  });

  it('stands still while nobody sees it, and is right when it is shown again', () => {
    show(begun('Running'));
    show(begun('Running'), false);
    expect(jest.getTimerCount()).toBe(0);
    jest.setSystemTime(NOW + 5_000);
    show(begun('Running'));
    expect(duration()).toBe('1 min 5 s');
  });

  it('does not tick for what is over', () => {
    show({ ...begun('Succeeded'), finishedTime: new Date(NOW).toISOString() });
    wait(2_000);
    expect(duration()).toBe('1 min 0 s');
  });
});
