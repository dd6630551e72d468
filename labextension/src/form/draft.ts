import { type IOrigin, type ISpec } from '../api';
import { isObject } from '../view/snapshot';
import { authored, isEmpty, programOf } from './cell';
import { type FieldName, formData, type FormData, PATHS } from './fields';
import { SpecDocument } from './specDocument';

/** A draft as texts. */
export interface IWrittenDraft {
  /** The spec as YAML. */
  text: string;
  program: string | null;
}

/** What a form begins with, as a command gives it: data that a workspace can keep. */
export interface IFormStart {
  upstream: string | null;
  /** The experiment to clone. */
  clone?: string;
  /** What was written already. */
  draft?: IWrittenDraft;
  /** A spec, and a program to run; what the experiment is called if the spec does not say it. */
  spec?: ISpec | null;
  program?: string | null;
  name?: string;
  origin?: IOrigin;
}

/** An experiment as far as it is written down. */
export interface IDraft {
  document: SpecDocument;
  /** The program that every replica runs; null when they run the spec's command. */
  program: string | null;
}

/** A new experiment. */
export function newDraft(name: string, program: string | null, resources: string): IDraft {
  const framework = frameworkOf(program ?? '');
  const spec = {
    meta: { name, framework, ...(program === null ? { cmd: '' } : {}) },
    environment: {},
    spec: { [leadingRole(framework)]: { replicas: 1, resources } }
  };
  return { document: SpecDocument.of(spec), program };
}

/** The same experiment once more. */
export function cloneDraft(spec: ISpec): Promise<IDraft> {
  return specDraft(authored(spec), null);
}

/** The experiment of a spec, whose command may carry the program. */
export async function specDraft(spec: ISpec, program: string | null): Promise<IDraft> {
  const draft = { document: SpecDocument.of(spec), program: null };
  return withProgram(draft, program ?? (await programOf(spec)));
}

/** What was written already, once more. */
export function writtenDraft({ text, program }: IWrittenDraft): IDraft {
  return { document: SpecDocument.parse(text), program };
}

/** The draft after the form's data have changed. */
export function withFields(draft: IDraft, next: FormData, resources: string): IDraft {
  const before = formData(draft.document.spec);
  // An empty list, mapping or text is what the form makes of a field that a spec does not have.
  const written = (data: FormData, name: FieldName): string =>
    isEmpty(data[name]) ? '' : JSON.stringify(data[name]);
  const names = (Object.keys(PATHS) as FieldName[]).filter(
    name => written(before, name) !== written(next, name)
  );
  const changed = names.reduce(
    (document, name) => document.with(PATHS[name], isEmpty(next[name]) ? undefined : next[name]),
    draft.document
  );
  const document = names.includes('framework')
    ? withLeadingRole(changed, String(before.framework), String(next.framework), resources)
    : changed;
  return { ...draft, document };
}

/** The draft after the text of its spec has changed; a command takes the place of a program. */
export function withText(draft: IDraft, text: string): IDraft {
  const document = SpecDocument.parse(text);
  const { command } = formData(document.spec);
  return { document, program: command ? null : draft.program };
}

/** Run a program instead of a command; null for the other way round. */
export function withProgram({ document }: IDraft, program: string | null): IDraft {
  const isCommand = program === null;
  return { document: isCommand ? document : document.with(PATHS.command, undefined), program };
}

/** TensorFlow knows no master that is alone; the others begin with one. */
function leadingRole(framework: string): string {
  return framework.toLowerCase() === 'tensorflow' ? 'Worker' : 'Master';
}

/** Exchange the role that a new experiment begins with, as long as nobody changed it. */
function withLeadingRole(
  document: SpecDocument,
  before: string,
  after: string,
  resources: string
): SpecDocument {
  const { roles } = formData(document.spec);
  const first = { replicas: 1, resources };
  const isUntouched =
    isObject(roles) && JSON.stringify(roles) === JSON.stringify({ [leadingRole(before)]: first });
  return isUntouched && leadingRole(before) !== leadingRole(after)
    ? document.with(PATHS.roles, { [leadingRole(after)]: first })
    : document;
}

function frameworkOf(program: string): string {
  if (/^\s*(import|from)\s+torch\b/m.test(program)) {
    return 'PyTorch';
  }
  return /^\s*(import|from)\s+xgboost\b/m.test(program) ? 'XGBoost' : 'TensorFlow';
}
