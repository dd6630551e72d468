import { type IEditorServices } from '@jupyterlab/codeeditor';
import { type TranslationBundle } from '@jupyterlab/translation';

/** What the form's own fields need to know. */
export interface IFormContext {
  trans: TranslationBundle;
  editors: IEditorServices | null;
  /** The roles that the framework knows. */
  roles: readonly string[];
  /** What a new role asks for. */
  resources: string;
  /** The program that is run; null when a command is. */
  program: string | null;
  /** Run another program; null for a command. */
  onProgram: (program: string | null) => void;
}
