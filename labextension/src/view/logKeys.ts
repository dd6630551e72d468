import { type FindField } from './LogFind';
import { type LogEditor } from './logEditor';

/** What keys can do in a log. */
export interface IKeyTargets {
  editor: Pick<LogEditor, 'scrollByPages'>;
  follow(): void;
  toBeginning(): void;
  find(field: FindField): void;
}

type Action = (targets: IKeyTargets) => void;

const PLAIN: { [key: string]: Action } = {
  PageUp: ({ editor }) => editor.scrollByPages(-0.9),
  PageDown: ({ editor }) => editor.scrollByPages(0.9),
  ArrowUp: ({ editor }) => editor.scrollByPages(-0.15),
  ArrowDown: ({ editor }) => editor.scrollByPages(0.15),
  '/': ({ find }) => find('text'),
  g: ({ find }) => find('line')
};

const WITH_CONTROL: { [key: string]: Action } = {
  Home: ({ toBeginning }) => toBeginning(),
  End: ({ follow }) => follow(),
  f: ({ find }) => find('text')
};

/** What a key does in a log; null for one that has another meaning. */
export function keyAction(event: KeyboardEvent): Action | null {
  if (event.altKey || event.shiftKey) {
    return null;
  }
  return (event.ctrlKey || event.metaKey ? WITH_CONTROL : PLAIN)[event.key] ?? null;
}
