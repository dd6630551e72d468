import { type RefObject, useLayoutEffect, useState } from 'react';

/** Rows beyond the edges, so that a fast hand on the wheel sees no gap. */
export const OVERSCAN = 8;

const GUESSED_ROW = 46;
const GUESSED_VIEW = 600;

/** Which rows of a list are in sight. */
export interface IWindow {
  /** The first row to render, and the one after the last. */
  first: number;
  last: number;
  rowHeight: number;
  /** Scroll as little as needed to have a row in sight. */
  reveal: (index: number) => void;
}

/** Follow what of a scrolling list, whose rows have all the same height, is in sight. */
export function useWindow(scroller: RefObject<HTMLElement>, count: number): IWindow {
  const [view, setView] = useState({ top: 0, height: GUESSED_VIEW, row: GUESSED_ROW });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) {
      return;
    }
    const measure = (): void => {
      const row = element.querySelector<HTMLElement>('[role="option"]')?.offsetHeight;
      setView(last => {
        const next = {
          top: element.scrollTop,
          height: element.clientHeight || last.height,
          row: row || last.row
        };
        const isSame =
          next.top === last.top && next.height === last.height && next.row === last.row;
        return isSame ? last : next;
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [scroller]);
  return {
    ...visibleRows(view.top, view.height, view.row, count),
    rowHeight: view.row,
    reveal: index => {
      const element = scroller.current;
      if (element) {
        const top = index * view.row;
        const lowest = top + view.row - element.clientHeight;
        element.scrollTop = Math.max(lowest, Math.min(element.scrollTop, top));
      }
    }
  };
}

/** The rows in sight with those just beyond the edges. */
export function visibleRows(
  top: number,
  height: number,
  row: number,
  count: number
): { first: number; last: number } {
  const last = Math.min(count, Math.ceil((top + height) / row) + OVERSCAN);
  const first = Math.max(0, Math.min(Math.floor(top / row) - OVERSCAN, last - 1));
  return { first, last };
}
