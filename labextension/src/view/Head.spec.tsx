import React, { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { experiment } from './experiment.fixture';
import { Head } from './Head';
import { type Status } from './records';

describe('Head', () => {
  let host: HTMLElement;
  let root: Root;
  const remove = jest.fn(async () => undefined);

  const show = (
    refused: string | null,
    status: Status = 'Running',
    reason: string | null = null
  ): void =>
    act(() =>
      root.render(
        <Head
          experimentId="e-1"
          name="digits"
          experiment={experiment('e-1', status)}
          reason={reason}
          pods={[]}
          refused={refused}
          actions={{
            stop: async () => undefined,
            clone: null,
            remove,
            downloadLog: null,
            open: null
          }}
        />
      )
    );
  const button = (label: string): HTMLElement => {
    const found = [...host.querySelectorAll('button')].find(one => one.textContent === label);
    if (!found) {
      throw new Error(`There is no button ${label}.`);
    }
    return found;
  };

  beforeEach(() => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
    host = document.createElement('div');
    root = createRoot(host);
  });

  afterEach(() => act(() => root.unmount()));

  it.each([
    ['Stopped', 'Failed', 'Stopped'],
    ['Failed', 'Failed', 'Error'],
    ['Failed', 'Failed', null],
    ['Succeeded', 'Succeeded', null]
  ] as const)('says %s of a run that is %s for the reason %s', (shown, status, reason) => {
    show(null, status, reason);
    expect(host.querySelector('[data-submarine-status]')?.textContent).toBe(shown);
  });

  it('asks before it deletes', async () => {
    show(null);
    act(() => button('Delete').click());
    expect(host.textContent).toContain('Delete this experiment with its logs?');
    await act(async () => button('Delete').click());
    expect(remove).toHaveBeenCalledTimes(1);
  });

  it.each(['Stop', 'Delete'])('says why %s is not for a reader', label => {
    show('You may only read.');
    act(() => button(label).click());
    expect(button(label).getAttribute('aria-disabled')).toBe('true');
    expect(button(label).title).toBe('You may only read.');
    expect(host.textContent).not.toContain('Cancel');
  });
});
