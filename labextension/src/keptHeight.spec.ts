import { keepHeight } from './keptHeight';

describe('keepHeight', () => {
  let element: HTMLElement;
  let height: number;
  let resized: () => void;

  beforeEach(() => {
    jest.useFakeTimers();
    window.sessionStorage.clear();
    Object.assign(globalThis, {
      ResizeObserver: class {
        constructor(callback: () => void) {
          resized = callback;
        }
        observe = (): void => undefined;
        disconnect = (): void => undefined;
      }
    });
    make();
  });

  afterEach(() => jest.useRealTimers());

  function make(): void {
    element = document.createElement('div');
    Object.defineProperty(element, 'offsetHeight', { get: () => height });
  }

  function resize(to: number): void {
    height = to;
    resized();
  }

  it('begins as high as it was', () => {
    keepHeight(element, 'e-1');
    expect(element.style.minHeight).toBe('');
    resize(454);
    make();
    keepHeight(element, 'e-1');
    expect(element.style.minHeight).toBe('454px');
    make();
    keepHeight(element, 'e-2');
    expect(element.style.minHeight).toBe('');
  });

  it('lets go when the content has come back, not in a tab behind another', () => {
    window.sessionStorage.setItem('submarine-jupyter:height:e-1', '454');
    keepHeight(element, 'e-1');
    resize(0);
    expect(jest.getTimerCount()).toBe(0);
    resize(454);
    jest.runAllTimers();
    expect(element.style.minHeight).toBe('');
    resize(200);
    expect(window.sessionStorage.getItem('submarine-jupyter:height:e-1')).toBe('200');
  });

  it('does without where the browser refuses to keep anything', () => {
    const refused = jest.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
      throw new Error('refused');
    });
    keepHeight(element, 'e-1');
    expect(element.style.minHeight).toBe('');
    refused.mockRestore();
  });
});
