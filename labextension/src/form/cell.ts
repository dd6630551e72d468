import { type ISpec } from '../api';
import { readCell } from '../cellProgram';
import { isObject } from '../view/snapshot';
import { SpecDocument } from './specDocument';

const MAGIC = '%%submarine experiment';

/** Made by the sender, and made anew for each submit. */
const OF_THE_PLACE = ['SUBMARINE_WORKDIR', 'SUBMARINE_PYTHON'];

/** A notebook cell that submits a spec. */
export async function cellOfSpec(spec: ISpec): Promise<string> {
  const program = await programOf(spec);
  return program === null ? specCell(spec) : programCell(spec, program);
}

/** The program that a spec's command carries, or null. */
export async function programOf({ meta }: ISpec): Promise<string | null> {
  const cmd = isObject(meta) ? meta.cmd : null;
  const cell = typeof cmd === 'string' ? await readCell(cmd) : null;
  return cell && cell.source;
}

/** A spec as somebody would write it: without what its sender and its server added. */
export function authored(spec: ISpec): ISpec {
  const { meta, environment, spec: roles, ...rest } = spec;
  return {
    meta: withoutPlace(without(meta, ['experimentId', 'namespace'], { namespace: 'default' })),
    environment: withoutEmpty(environment),
    spec: Object.fromEntries(
      Object.entries(isObject(roles) ? roles : {}).map(([role, task]) => [
        role,
        withoutPlace(without(task, ['resourceMap', 'name']))
      ])
    ),
    ...(withoutEmpty(rest) as ISpec)
  };
}

function specCell(spec: ISpec): string {
  return `${MAGIC}\n${SpecDocument.of(authored(spec)).text.trimEnd()}`;
}

function programCell(spec: ISpec, program: string): string {
  const { meta, spec: roles } = authored(spec) as {
    meta: { [name: string]: unknown };
    spec: { [role: string]: { replicas?: number; resources?: string } };
  };
  const tasks = Object.entries(roles);
  const flags = [
    ['--name', meta.name],
    ['--framework', meta.framework],
    ['--tags', Array.isArray(meta.tags) ? meta.tags.join(',') : null],
    ['--replicas', tasks.map(([role, task]) => `${role}=${task.replicas ?? 1}`).join(',')],
    ...resourceFlags(tasks),
    ...Object.entries(isObject(meta.envVars) ? meta.envVars : {}).map(([name, value]) => [
      '-e',
      `${name}=${String(value)}`
    ])
  ];
  const words = flags
    .filter(([, value]) => typeof value === 'string' && value)
    .map(([flag, value]) => `${flag} ${quoted(String(value))}`);
  return `${[MAGIC, ...words].join(' ')}\n${program}`;
}

function resourceFlags(tasks: readonly [string, { resources?: string }][]): string[][] {
  const [first] = tasks.map(([, { resources }]) => resources);
  if (first && tasks.every(([, { resources }]) => resources === first)) {
    return [['--resources', first]];
  }
  return tasks
    .filter(([, { resources }]) => resources)
    .map(([role, { resources }]) => ['--resources', `${role}:${resources}`]);
}

/** As a shell reads it, since the magic's line is split the same way. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'"'"'`)}'`;
}

function withoutPlace(part: unknown): unknown {
  if (!isObject(part) || !isObject(part.envVars)) {
    return part;
  }
  const envVars = without(part.envVars, OF_THE_PLACE);
  return withoutEmpty({ ...part, envVars });
}

/** An object without some names, those with a value only if they have it, and without nothing. */
function without(
  part: unknown,
  names: readonly string[],
  onlyWith: { [name: string]: unknown } = {}
): unknown {
  const entries = Object.entries(isObject(part) ? part : {});
  return withoutEmpty(
    Object.fromEntries(
      entries.filter(
        ([name, value]) => !names.includes(name) || (name in onlyWith && onlyWith[name] !== value)
      )
    )
  );
}

function withoutEmpty(part: unknown): unknown {
  return Object.fromEntries(
    Object.entries(isObject(part) ? part : {}).filter(([, value]) => !isEmpty(value))
  );
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
