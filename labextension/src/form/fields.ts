import { type ReadonlyJSONObject, type ReadonlyJSONValue } from '@lumino/coreutils';
import { isObject } from '../view/snapshot';

/** Where the form's fields are in a spec. */
export const PATHS = {
  name: ['meta', 'name'],
  framework: ['meta', 'framework'],
  roles: ['spec'],
  command: ['meta', 'cmd'],
  image: ['environment', 'image'],
  environment: ['environment', 'name'],
  tags: ['meta', 'tags'],
  variables: ['meta', 'envVars']
} as const;

export type FieldName = keyof typeof PATHS;

/** The form's data: what a spec holds at each field's path. */
export type FormData = { [name in FieldName]?: ReadonlyJSONValue };

/**
 * The schema of the form, taken from that of a spec.
 *
 * A field that the server's schema does not have is left out, and nothing that may also be null
 * offers a choice of types.
 */
export function formSchema(
  schema: ReadonlyJSONObject,
  titles: { [name in FieldName]: string }
): ReadonlyJSONObject {
  const properties: { [name: string]: ReadonlyJSONObject } = {};
  (Object.keys(PATHS) as FieldName[]).forEach(name => {
    const field = at(schema, PATHS[name]);
    if (field) {
      properties[name] = { ...field, title: titles[name] };
    }
  });
  return { type: 'object', properties };
}

/** What of a spec the form shows. */
export function formData(spec: unknown): FormData {
  const entries = Object.entries(PATHS).map(([name, path]) => [name, valueAt(spec, path)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}

function valueAt(spec: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), spec);
}

/** The schema of what is at a path, without references and alternatives that are null. */
function at(root: ReadonlyJSONObject, path: readonly string[]): ReadonlyJSONObject | null {
  let schema: ReadonlyJSONObject | null = root;
  for (const key of path) {
    const properties: unknown = schema && resolved(root, schema).properties;
    const next: unknown = isObject(properties) ? properties[key] : undefined;
    schema = isObject(next) ? (next as ReadonlyJSONObject) : null;
  }
  return schema && plain(resolved(root, schema));
}

function resolved(root: ReadonlyJSONObject, schema: ReadonlyJSONObject): ReadonlyJSONObject {
  const { anyOf, $ref } = schema;
  if (Array.isArray(anyOf)) {
    const some = (anyOf as ReadonlyJSONObject[]).find(({ type }) => type !== 'null');
    return some ? resolved(root, some) : schema;
  }
  if (typeof $ref === 'string') {
    const { $defs } = root;
    const target: unknown = isObject($defs) ? $defs[$ref.split('/').pop() ?? ''] : undefined;
    return isObject(target) ? (target as ReadonlyJSONObject) : schema;
  }
  return schema;
}

/** Only what the form's validation can use; the server's dry run checks the rest. */
function plain({ type, items, description }: ReadonlyJSONObject): ReadonlyJSONObject {
  return Object.fromEntries(
    Object.entries({ type, items, description }).filter(([, value]) => value !== undefined)
  ) as ReadonlyJSONObject;
}
