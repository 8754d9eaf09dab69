import { ConfigError, parseConfig } from '../../src/config/load';
import { exampleWith } from './example';

const TWO_POOLS =
  '      - { name: all, stores: [s1, s2, { store: s3, weight: 1 }] }\n      - { name: one, stores: [s1] }\n';
const pools: [string, string] = [
  '      - { name: all, stores: [s1, s2, { store: s3, weight: 1 }] }\n',
  TWO_POOLS,
];
const SERVICE = 'port: 2049, program: nfs, mode: request, pool: all }';

/** The example with a second pool, these exports, and these rules of its first service. */
function ruled(rules: string, exports = '[]'): string {
  return exampleWith(
    pools,
    ['    address: 10.0.1.100\n', `    address: 10.0.1.100\n    exports: ${exports}\n`],
    [SERVICE, SERVICE.replace(' }', `, rules: ${rules} }`)],
  );
}

/** Key and rest of each mistake. */
function mistakes(text: string): string[] {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    if (error instanceof ConfigError)
      return error.issues.map(({ key, found, expected }) => `${key}: ${found}, expected ${expected}`);
    throw error;
  }
  return [];
}

const EXPORTS = '[{ name: a, handle: "43 ?? 0001" }, { name: b, handle: "43??0002" }]';

test('handles are value and mask of 16 octets', () => {
  const config = parseConfig(ruled('[{ export: b, pool: one }]', EXPORTS), 'x.yaml');
  expect(config.virtual_stores[0]?.exports).toEqual([
    { name: 'a', handle: { value: `43000001${'0'.repeat(24)}`, mask: `ff00ffff${'0'.repeat(24)}` } },
    { name: 'b', handle: { value: `43000002${'0'.repeat(24)}`, mask: `ff00ffff${'0'.repeat(24)}` } },
  ]);
});

test.each(['', '4', 'xy', '??', '43 ???', '00'.repeat(17)])('a handle %p is none', (handle) => {
  expect(mistakes(ruled('[]', `[{ name: a, handle: "${handle}" }]`))).toEqual([
    expect.stringMatching(/^virtual_stores\[0\]\.exports\[0\]\.handle: .*expected the first 1 to 16 octets/),
  ]);
});

test.each([
  ['reads anywhere else', '[{ procedures: reads, pool: one }]'],
  ['changes on the primary', '[{ procedures: changes, pool: one }]'],
  ['an export with all it has', '[{ export: a, pool: one }]'],
  ['WRITE and COMMIT together', '[{ procedures: [WRITE, COMMIT], pool: one }]'],
  ['one after the other', '[{ export: a, procedures: [WRITE], pool: one }, { export: a, pool: one }]'],
])('%s is right', (_what, rules) => {
  expect(mistakes(ruled(rules, EXPORTS))).toEqual([]);
});

test.each([
  [
    'WRITE without COMMIT',
    '[{ procedures: [WRITE], pool: one }]',
    'virtual_stores[0].services[0].rules[0]: a mapping, expected WRITE and COMMIT in one pool, as those of one file must reach one store',
  ],
  [
    'COMMIT of an export elsewhere',
    '[{ export: a, procedures: [COMMIT], pool: one }, { procedures: [READ], pool: one }]',
    'virtual_stores[0].services[0].rules[0]: a mapping, expected WRITE and COMMIT in one pool, as those of one file must reach one store',
  ],
  [
    'an unknown export',
    '[{ export: c, pool: one }]',
    'virtual_stores[0].services[0].rules[0].export: "c", expected the name of an export of this virtual store (a, b)',
  ],
  [
    'an unknown pool',
    '[{ export: a, pool: two }]',
    'virtual_stores[0].services[0].rules[0].pool: "two", expected the name of a pool of this virtual store (all, one)',
  ],
  [
    'an unknown procedure',
    '[{ procedures: [READ, WRTIE], pool: one }]',
    'virtual_stores[0].services[0].rules[0].procedures[1]: "WRTIE", expected a procedure of program 100003: NULL, GETATTR, SETATTR, LOOKUP, ACCESS, READLINK, READ, WRITE, CREATE, MKDIR, SYMLINK, MKNOD, REMOVE, RMDIR, RENAME, LINK, READDIR, READDIRPLUS, FSSTAT, FSINFO, PATHCONF, COMMIT',
  ],
])('%s is refused', (_what, rules, expected) => {
  expect(mistakes(ruled(rules, EXPORTS))).toEqual([expected]);
});

test('two exports that share handles are refused, with the other one’s name', () => {
  expect(mistakes(ruled('[]', '[{ name: a, handle: "43" }, { name: b, handle: "?? 00" }]'))).toEqual([
    'virtual_stores[0].exports[1].handle: "?? 00", expected handles that export a does not have too',
  ]);
});

test('rules of sessions are refused', () => {
  const text = exampleWith([
    'port: 2049, program: nfs, mode: session, pool: all }',
    'port: 2049, program: nfs, mode: session, pool: all, rules: [{ procedures: reads, pool: all }] }',
  ]);
  expect(mistakes(text)).toEqual([
    'virtual_stores[0].services[2].rules: a list of 1, expected none, as mode session does not tell requests apart',
  ]);
});

describe('policies', () => {
  const pool = (keys: string): [string, string] => [
    '{ name: all, stores: [s1, s2, { store: s3, weight: 1 }] }',
    `{ name: all, stores: [s1, s2, { store: s3, weight: 1 }], ${keys} }`,
  ];

  test.each(['hash', 'round-robin', 'random', 'by-object', 'by-client', 'least-of-2', 'least-of-4'])(
    '%s is one',
    (policy) => expect(mistakes(exampleWith(pool(`policy: ${policy}`)))).toEqual([]),
  );

  test('an unknown one names those there are', () => {
    expect(mistakes(exampleWith(pool('policy: best')))).toEqual([
      'virtual_stores[0].pools[0].policy: "best", expected one of hash, round-robin, random, by-object, by-client, least-of-2, least-of-4',
    ]);
  });

  test('by load with direct responses asks for the impossible', () => {
    expect(mistakes(exampleWith(pool('policy: least-of-4, response_path: direct')))).toEqual([
      'virtual_stores[0].pools[0].response_path: "direct", expected virtualizer: policy least-of-4 counts responses, which direct ones never show',
    ]);
    expect(mistakes(exampleWith(pool('response_path: direct')))).toEqual([
      'virtual_stores[0].pools[0].response_path: "direct", expected virtualizer; direct is not in this version',
    ]);
  });

  test('of connections is hash', () => {
    const text = exampleWith(
      [pools[0], `${TWO_POOLS.replace('stores: [s1] }', 'stores: [s1], jumbo: 9000, policy: random }')}`],
      [
        'port: 2049, program: nfs, mode: session, pool: all',
        'port: 2049, program: nfs, mode: session, pool: one',
      ],
    );
    expect(mistakes(text)).toEqual([
      'virtual_stores[0].pools[1].jumbo: 9000, expected none, as only services in mode session use this pool, and the packets of connections are not combined',
      'virtual_stores[0].pools[1].policy: "random", expected hash, as only services in mode session use this pool, and connections are placed by hash',
    ]);
  });
});
