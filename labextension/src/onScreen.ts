/** Whether the reader sees how an experiment stands: a live view of it is on the screen. */
export async function isWatched(experimentId: string): Promise<boolean> {
  const views = document.querySelectorAll(`[data-submarine-live="${CSS.escape(experimentId)}"]`);
  const heads = [...views].flatMap(view => view.querySelector('.submarine-Head') ?? []);
  return (await Promise.all(heads.map(isOnScreen))).includes(true);
}

/** Whether most of an element can be seen, whatever tabs and scrolled places it is in. */
function isOnScreen(element: Element): Promise<boolean> {
  // Nothing is observed in a page that is hidden itself.
  if (document.hidden) {
    return Promise.resolve(false);
  }
  return new Promise(resolve => {
    const observer = new IntersectionObserver(([entry]) => {
      observer.disconnect();
      resolve(entry.intersectionRatio > 0.5);
    });
    observer.observe(element);
  });
}
