import { type CodeCell, type Cell } from '@jupyterlab/cells';
import { type Notebook } from '@jupyterlab/notebook';
import { type ICodePlace } from './view/traceback';

/**
 * Show the line of a cell that a traceback names, as `Cell In[5]`, line 12.
 *
 * A cell that was run again has another number, and one that was edited other lines, so that the
 * text of the line decides.
 *
 * @param node - an element of the cell that the traceback most likely is about
 * @returns whether the cell is there
 */
export function showCellLine(notebook: Notebook, node: HTMLElement, place: ICodePlace): boolean {
  const { widgets } = notebook;
  const count = Number(/^Cell In\[(\d+)\]$/.exec(place.name)?.[1]);
  const numbered = widgets.findIndex(cell => isCode(cell) && executionCount(cell) === count);
  const around = widgets.findIndex(cell => cell.node.contains(node));
  const at = [numbered, around].find(index => index !== -1 && holds(widgets[index], place));
  if (at === undefined) {
    return false;
  }
  notebook.activeCellIndex = at;
  notebook.mode = 'edit';
  const { editor } = widgets[at];
  editor?.setCursorPosition({ line: place.line - 1, column: 0 });
  editor?.revealPosition({ line: place.line - 1, column: 0 });
  editor?.focus();
  return true;
}

function isCode(cell: Cell): cell is CodeCell {
  return cell.model.type === 'code';
}

function executionCount(cell: CodeCell): number | null {
  return cell.model.executionCount;
}

function holds(cell: Cell, { line, code }: ICodePlace): boolean {
  const text = cell.model.sharedModel.getSource().split('\n')[line - 1];
  return text !== undefined && (code === null || text.trim() === code);
}
