import { type FocusEvent, useLayoutEffect, useRef } from 'react';

interface IFocusHandlers {
  onFocus: (event: FocusEvent) => void;
  onBlur: () => void;
}

/**
 * Keep the focus when the element that has it goes: the browser gives it to the whole page.
 *
 * @param heir - what gets the focus then
 * @returns what the element around those that may go has to listen to
 */
export function useKeptFocus(heir: () => HTMLElement | null): IFocusHandlers {
  const holder = useRef<Element | null>(null);
  useLayoutEffect(() => {
    if (holder.current && !holder.current.isConnected) {
      holder.current = null;
      heir()?.focus({ preventScroll: true });
    }
  });
  return {
    onFocus: event => {
      holder.current = event.target;
    },
    // React says nothing of it while it takes elements out.
    onBlur: () => {
      holder.current = null;
    }
  };
}
