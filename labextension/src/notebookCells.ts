/** The name of an experiment that comes from a notebook. */
export function experimentName(path: string): string {
  const file = (path.split('/').pop() ?? '').replace(/\.ipynb$/, '');
  const name = file
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MOST)
    .replace(/^-+|-+$/g, '');
  return name || 'experiment';
}

/** Characters that a name may have. */
const MOST = 63;
