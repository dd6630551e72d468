import { type DocumentRegistry } from '@jupyterlab/docregistry';
import { type ISignal } from '@lumino/signaling';

/** The part of a notebook's context that the saver uses. */
export interface INotebookContext {
  readonly isReady: boolean;
  readonly isDisposed: boolean;
  readonly model: { readonly dirty: boolean; readonly collaborative?: boolean };
  readonly contentsModel: { readonly writable: boolean } | null;
  readonly saveState: ISignal<unknown, DocumentRegistry.SaveState>;
  save(): Promise<void>;
}

/** Saves one notebook, once for each experiment whose view appears in it. */
export class NotebookSaver {
  constructor(private readonly _context: INotebookContext) {
    _context.saveState.connect(this._onSaveState, this);
  }

  /** Save the notebook for an experiment, unless it is on disk already. */
  async keep(experimentId: string): Promise<void> {
    if (this._kept.has(experimentId)) {
      return;
    }
    this._kept.add(experimentId);
    if (!this._context.isReady) {
      // A view that comes before the notebook is ready was read from its file.
      return;
    }
    // The rest of the task tells the notebook's model of the output.
    await Promise.resolve();
    const { isDisposed, model, contentsModel } = this._context;
    if (isDisposed || model.collaborative || contentsModel?.writable === false) {
      return;
    }
    if (this._isSaving) {
      // What is being saved was read before the output came, and will clear the mark of change.
      this._saveAgain = true;
    } else if (model.dirty) {
      await this._save();
    }
  }

  private _onSaveState(_: unknown, state: DocumentRegistry.SaveState): void {
    this._isSaving = state === 'started';
    if (!this._isSaving && this._saveAgain) {
      this._saveAgain = false;
      void this._save();
    }
  }

  private async _save(): Promise<void> {
    if (this._context.isDisposed) {
      return;
    }
    try {
      await this._context.save();
    } catch (error) {
      // JupyterLab has told the reader; the experiment runs all the same.
      console.warn('The notebook could not be saved for its new experiment.', error);
    }
  }

  private readonly _kept = new Set<string>();
  private _isSaving = false;
  private _saveAgain = false;
}
