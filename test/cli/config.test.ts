import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXIT } from '../../src/cli/exit_codes';
import { storeswitch } from './support/storeswitch';

const EXAMPLE = resolve(__dirname, '../../docs/guide/example.yaml');

let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'storeswitch-config-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'bad.yaml');
  writeFileSync(path, text);
  return path;
}

describe('config check', () => {
  it('accepts the example of the guide', async () => {
    const { code, stdout, stderr } = await storeswitch(['config', 'check', EXAMPLE]);
    expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
    expect(stdout).toBe(`${EXAMPLE}: valid: 1 virtual stores, 3 stores, 2 ports\n`);
    const json = await storeswitch(['config', 'check', EXAMPLE, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ file: EXAMPLE, valid: true, issues: [], warnings: [] });
  });

  it('names file, line, key and what was expected, a line for each mistake', async () => {
    const path = file('ports: []\nstores: 3\nswitsh: {}\n');
    const { code, stdout, stderr } = await storeswitch(['config', 'check', path]);
    expect({ code, stdout }).toEqual({ code: EXIT.invalid_config, stdout: '' });
    for (const line of stderr.trimEnd().split('\n')) {
      expect(line).toMatch(/^storeswitch: .*bad\.yaml:\d+:\d+: .*found .*expected /);
    }
    expect(stderr).toContain(`${path}:2:9: stores: found 3, expected `);
    expect(stderr).toContain('switsh');
  });

  it('gives the mistakes as one JSON document too', async () => {
    const path = file('stores: 3\n');
    const { code, stdout } = await storeswitch(['config', 'check', path, '--json']);
    expect(code).toBe(EXIT.invalid_config);
    const document = JSON.parse(stdout) as { valid: boolean; issues: { line: number; key: string }[] };
    expect(document.valid).toBe(false);
    expect(document.issues).toContainEqual(expect.objectContaining({ file: path, line: 1, key: 'stores' }));
  });

  it('warns of what is allowed, but does nothing', async () => {
    const text = readFileSync(EXAMPLE, 'utf8');
    const path = file(
      text.replace('    pools:\n', '    pools:\n      - { name: spare, stores: [store1] }\n'),
    );
    const { code, stderr } = await storeswitch(['config', 'check', path]);
    expect({ code, stderr }).toEqual({
      code: EXIT.ok,
      stderr: expect.stringMatching(
        /^storeswitch: warning: pool \w+\/spare: no service and no rule uses it\n$/,
      ) as unknown,
    });
  });

  it('of a file that is not there', async () => {
    const { code, stderr } = await storeswitch(['config', 'check', join(folder, 'none.yaml')]);
    expect(code).toBe(EXIT.invalid_config);
    expect(stderr).toMatch(/^storeswitch: .*none\.yaml: .*no such file.*\n$/);
  });
});

it('config schema prints a JSON Schema', async () => {
  const { code, stdout } = await storeswitch(['config', 'schema']);
  expect(code).toBe(EXIT.ok);
  const schema = JSON.parse(stdout) as { type: string; properties: object };
  expect(schema.type).toBe('object');
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['ports', 'stores', 'virtual_stores']),
  );
});

it('run refuses a wrong configuration before it touches anything', async () => {
  const { code, stderr } = await storeswitch(['run', file('stores: 3\n')]);
  expect(code).toBe(EXIT.invalid_config);
  expect(stderr).toContain('bad.yaml:1:9: stores: found 3');
});
