import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

const KEY = 'submarine-jupyter:height';

/** Milliseconds in which what a view held before a reload has come back. */
const COMING_BACK = 5_000;

/**
 * Have the element of a view begin as high as it was before the page was loaded anew, so that what
 * is below it does not move while its content comes back. Disposing of the result ends it.
 */
export function keepHeight(element: HTMLElement, name: string): IDisposable {
  const key = `${KEY}:${name}`;
  const kept = read(key);
  let timer: number | undefined;
  if (kept !== null) {
    element.style.minHeight = `${kept}px`;
  }
  const observer = new ResizeObserver(() => {
    const height = element.offsetHeight;
    if (height === 0) {
      // It is in a tab behind another.
      return;
    }
    if (element.style.minHeight === '') {
      write(key, height);
    } else {
      timer ??= window.setTimeout(() => (element.style.minHeight = ''), COMING_BACK);
    }
  });
  observer.observe(element);
  return new DisposableDelegate(() => {
    observer.disconnect();
    window.clearTimeout(timer);
    element.style.minHeight = '';
  });
}

// Each tab of the browser has a storage of its own, as it shows its own part of a view. It may be
// refused.

function read(key: string): number | null {
  try {
    return Number(window.sessionStorage.getItem(key)) || null;
  } catch {
    return null;
  }
}

function write(key: string, height: number): void {
  try {
    window.sessionStorage.setItem(key, String(height));
  } catch {
    // The next reload begins without it.
  }
}
