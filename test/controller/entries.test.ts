/** What the checks of a configuration count is what the controller writes. */
import fc from 'fast-check';
import { exportEntries, ruleEntries } from '../../src/config/check_rules';
import { ConfigError, parseConfig } from '../../src/config/load';
import { fixedRows, overfullTables, TABLE_SIZES } from '../../src/controller/fixed_rows';
import { Network } from '../../src/controller/network';
import { loadProgram } from '../../src/dataplane/program';
import { EXAMPLE } from '../config/example';
import { exampleConfig } from './example';

const PROGRAMS = { nfs: ['READ', 'WRITE', 'COMMIT'], mount: ['MNT', 'DUMP'], '400000': [] } as const;

/** Virtual stores with two pools, and services with these rules. */
function config(stores: { exports: number; services: { program: string; rules: unknown[] }[] }[]): string {
  const virtual_stores = stores.map(({ exports, services }, number) => ({
    name: `v${number}`,
    address: `10.0.1.${100 + number}`,
    pools: [
      { name: 'all', stores: ['s1', 's2'] },
      { name: 'one', stores: ['s1'] },
    ],
    exports: Array.from({ length: exports }, (_, i) => ({
      name: `e${i}`,
      handle: (0x43000000 + i).toString(16),
    })),
    services: services.map(({ program, rules }, index) => ({
      name: `service${index}`,
      protocol: 'udp',
      port: 2049 + index,
      program: program === '400000' ? 400000 : program,
      version: 3,
      mode: 'request',
      pool: 'all',
      rules,
    })),
  }));
  return EXAMPLE.replace(
    /^virtual_stores:[^]*?(?=^health:)/m,
    `virtual_stores: ${JSON.stringify(virtual_stores)}\n`,
  );
}

function mistakes(text: string): string[] {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ key, expected }) => `${key}: ${expected}`);
    throw error;
  }
  return [];
}

const rule = (program: keyof typeof PROGRAMS) =>
  fc.record(
    {
      export: fc.constantFrom('e0', 'e1'),
      procedures: fc.oneof(
        fc.constantFrom('reads', 'changes'),
        ...(PROGRAMS[program].length > 0 ? [fc.constant(PROGRAMS[program])] : []),
      ),
      pool: fc.constant('one'),
    },
    { requiredKeys: ['pool'] },
  );
const service = fc
  .constantFrom(...(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]))
  .chain((program) =>
    fc.record({ program: fc.constant(program), rules: fc.array(rule(program), { maxLength: 4 }) }),
  );
const virtualStore = fc.record({
  exports: fc.integer({ min: 2, max: 5 }),
  services: fc.array(service, { minLength: 1, maxLength: 3 }),
});

test('entries of rules and exports', () => {
  fc.assert(
    fc.property(fc.array(virtualStore, { minLength: 1, maxLength: 3 }), (stores) => {
      const parsed = parseConfig(config(stores), 'x.yaml');
      const rows = fixedRows(new Network(parsed));
      const written = (table: string) => rows.filter((row) => row.table === table).length;
      const counted = (entries: number[]) => entries.reduce((sum, one) => sum + one, 0);
      const { virtual_stores } = parsed;
      expect(counted(virtual_stores.flatMap(({ services }) => services.map(ruleEntries)))).toBe(
        written('capability'),
      );
      expect(
        counted(virtual_stores.map((one) => exportEntries(one as Parameters<typeof exportEntries>[0]))),
      ).toBe(written('export'));
    }),
    { numRuns: 50 },
  );
});

/** `changes` of NFS make 12 entries, so that 341 of them are 4092. */
const changes = (rules: number) => ({
  program: 'nfs',
  rules: Array.from({ length: rules }, () => ({ procedures: 'changes', pool: 'one' })),
});

test('rules of all services together', () => {
  expect(mistakes(config([{ exports: 0, services: [changes(300), changes(41)] }]))).toEqual([]);
  const found = 'rules that make at most 4096 entries in all, one for each procedure: 4104 by here';
  expect(mistakes(config([{ exports: 0, services: [changes(300), changes(42)] }]))).toEqual([
    `virtual_stores[0].services[1].rules: ${found}`,
  ]);
  const apart = [changes(300), changes(42)].map((one) => ({ exports: 0, services: [one] }));
  expect(mistakes(config(apart))).toEqual([`virtual_stores[1].services[0].rules: ${found}`]);
});

test('exports of all virtual stores together', () => {
  const [few, many] = [1000, 1100].map((exports) => ({ exports, services: [changes(1), changes(1)] }));
  if (few === undefined || many === undefined) throw new Error('no exports');
  expect(mistakes(config([few, few]))).toEqual([]);
  expect(mistakes(config([few, many]))).toEqual([
    'virtual_stores[1].exports: at most 4096 exports, counted once for each service with rules, in all: 4200 by here',
  ]);
  const unruled = { exports: 2048, services: [changes(0)] };
  expect(mistakes(config([unruled, unruled]))).toEqual([
    'virtual_stores[1].exports: at most 4095 exports in all virtual stores',
  ]);
});

test('all other tables: those there are, with the sizes of the program', () => {
  const { p4info } = loadProgram(undefined);
  const network = new Network(exampleConfig());
  const tables = new Set(fixedRows(network).map(({ table }) => table));
  for (const table of tables) if (table !== 'response_time_bucket') expect(TABLE_SIZES).toHaveProperty(table);
  for (const [table, size] of Object.entries(TABLE_SIZES))
    expect([table, p4info.tables.get(table).size]).toEqual([table, size]);
  expect(overfullTables(network)).toEqual([]);
});

test('more addresses than the switch admits', () => {
  const parsed = exampleConfig();
  const [store] = parsed.virtual_stores;
  if (store === undefined) throw new Error('no virtual store');
  parsed.virtual_stores = Array.from({ length: 600 }, (_, i) => ({
    ...store,
    name: `v${i}`,
    address: `10.7.${i >> 8}.${i & 255}`,
    pools: store.pools.slice(0, i === 0 ? 1 : 0),
    services: [],
  }));
  expect(overfullTables(new Network(parsed)).map(({ table }) => table)).toEqual([
    'admit',
    'arp',
    'local_address',
  ]);
});
