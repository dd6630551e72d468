import { useEffect, useState } from 'react';

/** Colours of pods: each is told from the others and from the page in light and dark themes. */
const FALLBACKS = [
  '#3b82f6',
  '#d97706',
  '#16a34a',
  '#db2777',
  '#8b5cf6',
  '#0d9488',
  '#dc2626',
  '#84780a'
];

/** The name of the CSS variable that holds the colour of the pod of a number. */
export function podColour(index: number): string {
  const at = index % FALLBACKS.length;
  return `var(--submarine-pod-${at}, ${FALLBACKS[at]})`;
}

/** What a chart has to know of the theme: a canvas takes no CSS variables. */
export interface IChartColours {
  text: string;
  grid: string;
  font: string;
  pods: readonly string[];
}

/** The colours that the theme gives an element. */
export function chartColours(element: Element): IChartColours {
  const style = getComputedStyle(element);
  const read = (name: string, fallback: string): string =>
    style.getPropertyValue(name).trim() || fallback;
  return {
    // A resolved colour, whatever variables it comes from.
    text: style.color,
    grid: 'rgba(128, 128, 128, 0.22)',
    font: `11px ${style.fontFamily || 'sans-serif'}`,
    pods: FALLBACKS.map((fallback, i) => read(`--submarine-pod-${i}`, fallback))
  };
}

/** A number that changes with the theme of the page. */
export function useTheme(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const changed = (): void => setVersion(before => before + 1);
    const observer = new MutationObserver(changed);
    // JupyterLab and VS Code tell their themes there.
    observer.observe(document.body, {
      attributeFilter: ['class', 'data-jp-theme-name', 'data-vscode-theme-id']
    });
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', changed);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', changed);
    };
  }, []);
  return version;
}
