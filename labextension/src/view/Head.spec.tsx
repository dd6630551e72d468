import React, { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { type Copy, CopyProvider } from './copying';
import { experiment } from './experiment.fixture';
import { Head } from './Head';
import { type Status } from './records';

describe('Head', () => {
  let host: HTMLElement;
  let root: Root;
  const remove = jest.fn(async () => undefined);
  let copy: Copy;

  const show = (
    refused: string | null,
    status: Status = 'Running',
    reason: string | null = null,
    isThere = true
  ): void =>
    act(() =>
      root.render(
        <CopyProvider value={copy}>
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
              remove: isThere ? remove : null,
              downloadLog: null,
              open: null
            }}
          />
        </CopyProvider>
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
    host = document.body.appendChild(document.createElement('div'));
    copy = () => undefined;
    root = createRoot(host);
  });

  afterEach(() => {
    act(() => root.unmount());
    host.remove();
  });

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

  describe('the focus', () => {
    const press = (label: string): Promise<void> =>
      act(async () => {
        button(label).focus();
        button(label).click();
      });

    it.each(['Stop', 'Delete'])('goes back to %s when the answer is no', async label => {
      show(null);
      await press(label);
      expect(document.activeElement).toBe(button('Cancel'));
      await press('Cancel');
      expect(document.activeElement).toBe(button(label));
    });

    it('goes back on Escape', async () => {
      show(null);
      await press('Delete');
      const escape = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true });
      act(() => void document.activeElement?.dispatchEvent(escape));
      expect(document.activeElement).toBe(button('Delete'));
    });

    it('stays with who asked, and goes next to it when that is gone', async () => {
      show(null);
      await press('Stop');
      await press('Stop');
      expect(document.activeElement).toBe(button('Stop'));
      show(null, 'Failed', 'Stopped');
      expect(document.activeElement).toBe(button('Delete'));
    });

    it('goes to the id when nothing is left to do', async () => {
      show(null, 'Succeeded');
      await press('Delete');
      await press('Delete');
      show(null, 'Succeeded', null, false);
      expect(document.activeElement).toBe(button('e-1'));
    });

    it('is not taken from elsewhere', async () => {
      show(null);
      await press('Stop');
      act(() => button('e-1').focus());
      show(null, 'Failed', 'Stopped');
      expect(document.activeElement).toBe(button('e-1'));
    });
  });

  describe('copying the id', () => {
    const status = (): string | null | undefined =>
      host.querySelector('button [role="status"]')?.textContent;
    const press = (): Promise<void> => act(async () => button('e-1').click());

    it('is done by the host', async () => {
      copy = jest.fn();
      show(null);
      await press();
      expect(copy).toHaveBeenCalledWith('e-1');
      expect(status()).toBe('Copied');
    });

    it('says where it cannot be done', async () => {
      copy = async () => {
        throw new Error('There is no clipboard.');
      };
      show(null);
      await press();
      expect(status()).toContain('Not copied');
    });
  });
});
