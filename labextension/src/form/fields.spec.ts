import { formData, formSchema } from './fields';

/* eslint jupyter/no-untranslated-string: "off" -- titles of a schema that no reader sees */

const TITLES = {
  name: 'Name',
  framework: 'Framework',
  roles: 'Roles',
  command: 'Command',
  image: 'Image',
  environment: 'Environment',
  tags: 'Tags',
  variables: 'Variables'
};

it('takes its fields from the schema of a spec', () => {
  const schema = formSchema(
    {
      $defs: {
        Meta: {
          type: 'object',
          properties: {
            name: { anyOf: [{ type: 'null' }, { type: 'string' }], title: 'Any' },
            tags: { type: 'array', items: { type: 'string' } }
          }
        },
        Environment: { properties: { image: { type: 'string', description: 'An image.' } } }
      },
      properties: {
        meta: { $ref: '#/$defs/Meta' },
        environment: { anyOf: [{ $ref: '#/$defs/Environment' }, { type: 'null' }] },
        spec: { type: 'object', additionalProperties: { $ref: '#/$defs/Meta' } }
      }
    },
    TITLES
  );
  expect(schema.properties).toEqual({
    name: { type: 'string', title: 'Name' },
    roles: { type: 'object', title: 'Roles' },
    image: { type: 'string', description: 'An image.', title: 'Image' },
    tags: { type: 'array', items: { type: 'string' }, title: 'Tags' }
  });
});

it('shows what a spec holds, whatever it is', () => {
  expect(formData({ meta: { name: 'n', cmd: null }, environment: 'odd' })).toEqual({ name: 'n' });
  expect(formData(null)).toEqual({});
});
