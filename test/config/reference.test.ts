/** docs/reference/config.md against the schema: every key, every default, the example and the mistakes shown. */
import { ConfigError, parseConfig } from '../../src/config/load';
import { configJsonSchema } from '../../src/config/schema';
import { EXAMPLE, exampleWith, REFERENCE, referenceBlock } from './example';

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  default?: unknown;
  description?: string;
}

/** `section.key` -> default as the reference writes it. */
type Keys = Map<string, string>;

function schemaKeys(schema: JsonSchema, section = '', keys: Keys = new Map<string, string>()): Keys {
  const element = schema.items;
  if (element !== undefined) schemaKeys(element, `${section}[]`, keys);
  for (const form of schema.anyOf ?? []) schemaKeys(form, section, keys);
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const path = section === '' ? key : `${section}.${key}`;
    keys.set(path, describeDefault(schema, key, property));
    schemaKeys(property, path, keys);
  }
  return keys;
}

function describeDefault(parent: JsonSchema, key: string, property: JsonSchema): string {
  if (parent.required?.includes(key)) return '-';
  if (property.default === undefined) return 'none';
  const { default: value } = property;
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function documentedKeys(): Keys {
  const keys: Keys = new Map<string, string>();
  let section = '';
  for (const line of REFERENCE.split('\n')) {
    const heading = /^## `(.+)`$/.exec(line)?.[1];
    if (heading !== undefined) section = heading === '(top)' ? '' : `${heading}.`;
    const row = /^\| `(\w+)` \| (.+?) \| .+ \|$/.exec(line);
    if (row?.[1] !== undefined && row[2] !== undefined) keys.set(section + row[1], row[2]);
  }
  return keys;
}

test('the reference has every key of the schema with its default, and no other', () => {
  const keys = schemaKeys(configJsonSchema());
  expect(keys.size).toBeGreaterThan(50);
  expect(Object.fromEntries(documentedKeys())).toEqual(Object.fromEntries(keys));
});

test('every key of the JSON Schema says what it means', () => {
  const undescribed: string[] = [];
  const walk = (schema: JsonSchema, path: string): void => {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (property.description === undefined) undescribed.push(`${path}.${key}`);
      walk(property, `${path}.${key}`);
    }
    if (schema.items) walk(schema.items, `${path}[]`);
    schema.anyOf?.forEach((form) => walk(form, path));
  };
  walk(configJsonSchema(), '');
  expect(undescribed).toEqual([]);
});

test('the JSON Schema is plain data', () => {
  const schema = configJsonSchema();
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
});

test('the example is right', () => {
  expect(() => parseConfig(EXAMPLE, 'storeswitch.yaml')).not.toThrow();
});

test('the mistakes are told as the reference shows', () => {
  const text = exampleWith(['external', 'extern'], ['10.0.2.13, weight: 2', '10.0.2.13, weigth: 2']);
  try {
    parseConfig(text, 'storeswitch.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(`${(error as ConfigError).message}\n`).toBe(referenceBlock('text'));
    return;
  }
  throw new Error('no mistake found');
});
