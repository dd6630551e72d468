import { stringify } from 'yaml';
import { type ISpec } from '../api';
import { readCell } from '../cellProgram';
import { isSecret } from '../specText';
import { isObject } from '../view/snapshot';

// The kernel's `client/cells.py` writes the same cells; `cells.fixture.json` holds both to it.

const MAGIC = '%%submarine experiment';

/** What a replica gets that asks for nothing. */
const RESOURCES = 'cpu=1,memory=1G';

/** Variables that submitting adds by itself: where a run is, and where it comes from. */
const OURS = [
  'SUBMARINE_WORKDIR',
  'SUBMARINE_PYTHON',
  'SUBMARINE_NOTEBOOK',
  'SUBMARINE_CELL_HASH',
  'SUBMARINE_GIT_COMMIT',
  'SUBMARINE_GIT_DIRTY',
  'SUBMARINE_PYTHON_VERSION',
  'SUBMARINE_PACKAGES',
  'SUBMARINE_PACKAGES_HASH'
];

/** `{{name}}`, `{{name.attr}}` and `{{name[0]}}`, where the magic puts a notebook's values. */
const PLACE =
  /\\?\{\{\s*[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[\s*(?:-?\d+|'[^'\n]*'|"[^"\n]*")\s*\])*\s*\}\}/gu;

/** For private use, so that no cell holds it: stands before the variable a secret is taken from. */
const MARK = '\u{100000}';
const MARKED = new RegExp(`${MARK}([\\p{L}\\p{N}_]+)`, 'gu');

type Mapping = { [name: string]: unknown };

/**
 * A notebook cell that submits a spec: code with flags, or YAML.
 *
 * Values of secrets are not written: `{{NAME}}` stands in their place, and takes them from a
 * variable of the notebook.
 */
export async function cellOfSpec(spec: ISpec): Promise<string> {
  const program = await programOf(spec);
  const written = withoutSecrets(authored(spec));
  if (program === null || !fitsIntoFlags(written)) {
    // A mark is a word, but what takes its place would be a mapping without quotes.
    return withPlaces(`${MAGIC} --as spec\n${yamlOf(written)}`, `'{{$1}}'`);
  }
  const head = withPlaces([MAGIC, ...flagsOf(written)].join(' '), '{{$1}}');
  // IPython ends a cell with a line feed that its author has not written.
  return `${head}\n${program.replace(/\n$/, '')}`;
}

/** The program that a spec's command carries, or null. */
export async function programOf({ meta }: ISpec): Promise<string | null> {
  const cmd = isObject(meta) ? meta.cmd : null;
  const cell = typeof cmd === 'string' ? await readCell(cmd) : null;
  return cell && cell.source;
}

/** A spec as somebody would write it: without what its sender and its server added. */
export function authored(spec: ISpec): ISpec {
  const { meta, environment, spec: roles, ...rest } = withoutNulls(spec) as ISpec;
  return {
    meta: kept(owned(meta), (value, name) => !isAdded(name, value)),
    environment: isObject(environment) ? environment : {},
    spec: mapped(roles, owned),
    ...rest
  };
}

/** Whether a value says nothing: null, an empty text, an empty list or mapping. */
export function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

/** What an author gives of an owner of variables: the whole spec, or a role of it. */
function owned(owner: unknown): Mapping {
  const given = mapped(owner, (value, name) =>
    name === 'envVars' ? kept(value, (_, variable) => !OURS.includes(variable)) : value
  );
  return kept(
    given,
    (value, name) => name !== 'resourceMap' && !(name === 'envVars' && isEmpty(value))
  );
}

/** Whether a server adds it by itself to what a spec says of the whole. */
function isAdded(name: string, value: unknown): boolean {
  return (
    name === 'experimentId' ||
    (name === 'namespace' && value === 'default') ||
    (name === 'tags' && isEmpty(value))
  );
}

function* flagsOf({ meta, environment, spec: roles }: ISpec): Iterable<string> {
  const { name, framework, envVars, tags } = meta as Mapping;
  const { image, name: environmentName } = environment as Mapping;
  const tasks = Object.entries(roles as { [role: string]: Mapping });
  yield `--name ${quoted(name)}`;
  yield `--framework ${quoted(framework)}`;
  const counts = tasks.map(([role, { replicas }]) => `${role}=${String(replicas ?? 1)}`);
  yield `--replicas ${quoted(counts.join(','))}`;
  for (const [role, { resources }] of tasks) {
    yield `--resources ${quoted(`${role}:${String(resources || RESOURCES)}`)}`;
  }
  for (const [variable, value] of Object.entries((envVars as Mapping) ?? {})) {
    yield `-e ${quoted(`${variable}=${String(value)}`)}`;
  }
  if (Array.isArray(tags)) {
    yield `--tags ${quoted(tags.join(','))}`;
  }
  if (image) {
    yield `--image ${quoted(image)}`;
  }
  if (environmentName) {
    yield `--environment ${quoted(environmentName)}`;
  }
}

/** Whether flags can say everything that is special about a spec. */
function fitsIntoFlags({ meta, environment, spec: roles, ...rest }: ISpec): boolean {
  const { envVars, tags, namespace } = meta as Mapping;
  const built = kept(environment, (_, name) => name !== 'image' && name !== 'name');
  const tasks = Object.values(roles as { [role: string]: Mapping });
  return (
    !namespace &&
    tasks.every(({ cmd, image, name, envVars }) => !cmd && !image && !name && !envVars) &&
    isEmpty(rest.code) &&
    isEmpty(rest.experimentHandlerSpec) &&
    Object.values(built).every(isEmpty) &&
    // The command line of a cell is one line.
    !Object.values((envVars as Mapping) ?? {}).some(value => String(value).includes('\n')) &&
    !(Array.isArray(tags) && tags.some(tag => String(tag).includes(',')))
  );
}

/** A spec with marks in place of secrets. */
function withoutSecrets(spec: ISpec): ISpec {
  const hidden = (holder: unknown): unknown =>
    mapped(holder, (value, name) =>
      value && isSecret(name) ? MARK + name.replace(/[^\p{L}\p{N}_]/gu, '_') : value
    );
  const within = (owner: unknown, field: string): unknown =>
    isObject(owner) && isObject(owner[field]) ? { ...owner, [field]: hidden(owner[field]) } : owner;
  const { meta, spec: roles, code } = spec;
  return within(
    {
      ...spec,
      meta: within(meta, 'envVars'),
      spec: mapped(roles, role => within(role, 'envVars')),
      ...(code === undefined ? {} : { code: within(code, 'git') })
    },
    'experimentHandlerSpec'
  ) as ISpec;
}

/** A text that takes secrets from variables, and whose other braces stay. */
function withPlaces(text: string, secret: string): string {
  return text.replace(PLACE, place => `\\${place}`).replace(MARKED, secret);
}

/** YAML as the kernel reads it, which takes more words for numbers and truth values. */
function yamlOf(spec: ISpec): string {
  return stringify(spec, {
    version: '1.1',
    lineWidth: 0,
    indentSeq: false,
    singleQuote: true,
    sortMapEntries: false
  });
}

/** As a shell reads it, since the magic's line is split the same way. */
function quoted(value: unknown): string {
  const text = String(value ?? '');
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'"'"'`)}'`;
}

function withoutNulls(value: unknown): unknown {
  return isObject(value)
    ? mapped(
        kept(value, entry => entry !== null && entry !== undefined),
        withoutNulls
      )
    : value;
}

function kept(value: unknown, isKept: (entry: unknown, name: string) => boolean): Mapping {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.filter(([name, entry]) => isKept(entry, name)));
}

function mapped(value: unknown, change: (entry: unknown, name: string) => unknown): Mapping {
  return Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).map(([name, entry]) => [name, change(entry, name)])
  );
}
