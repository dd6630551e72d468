/** The ids from one to another, in the order of the list. */
export function extended(ids: readonly string[], anchor: string, to: string): readonly string[] {
  const begin = ids.indexOf(anchor);
  const end = ids.indexOf(to);
  if (begin < 0) {
    return [to];
  }
  return ids.slice(Math.min(begin, end), Math.max(begin, end) + 1);
}

/** A selection with an id in it, or without it if it was. */
export function toggled(selected: readonly string[], id: string): readonly string[] {
  return selected.includes(id) ? selected.filter(other => other !== id) : [...selected, id];
}
