import { stringify } from 'yaml';
import { type ISpec } from './api';
import { readCell } from './cellProgram';
import { isObject } from './view/snapshot';
import { type ISubmission } from './view/source';

/** What stands for a hidden value; it does not tell how long that is. */
const MASK = '********';

/** A spec as its reader can read it: without empty fields and secrets, its cell unpacked. */
export async function describeSpec(spec: ISpec): Promise<ISubmission> {
  const meta = isObject(spec.meta) ? spec.meta : {};
  const program = typeof meta.cmd === 'string' ? await readCell(meta.cmd) : null;
  const cmd = program ? `python (${program.name})` : meta.cmd;
  const shown = compact({ ...withoutSecrets(spec), meta: withoutSecrets({ ...meta, cmd }) });
  return { yaml: stringify(shown, { lineWidth: 0 }), program };
}

/** Whether a variable of this name is taken for a secret; rather one too many than one too few. */
export function isSecret(name: string): boolean {
  const words = (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map(word => word.toUpperCase());
  return words.some(word => TELLING.test(word) || WHOLE.test(word)) || words.indexOf('PWD') > 0;
}

/** Words that say so wherever they stand in a longer one, such as in PGPASSWORD. */
const TELLING =
  /(?:TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASES?|CREDENTIALS?|APIKEYS?|ACCESSKEYS?)$/;

/** Words that say so only by themselves: MONKEY, COMPASS and AUTHOR are others. */
const WHOLE = /^(?:KEYS?|PASS|CREDS?|O?AUTH|AUTHORI[SZ]ATION|AUTHENTICATION|COOKIES?|JWT|BEARER)$/;

/** A value in which every text with the name of a secret is hidden. */
function withoutSecrets(value: unknown): { [field: string]: unknown } {
  return masked(value) as { [field: string]: unknown };
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(masked);
  }
  if (!isObject(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === 'string' && inner && isSecret(name) ? MASK : masked(inner)
    ])
  );
}

/** A value without fields that hold nothing, and without what only repeats `resources`. */
function compact(value: unknown): unknown {
  if (!isObject(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'resourceMap' && name !== 'experimentId')
      .map(([name, inner]) => [name, compact(inner)])
      .filter(([, inner]) => !isEmpty(inner))
  );
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}
