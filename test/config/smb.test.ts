import { ConfigError, parseConfig } from '../../src/config/load';
import { smbServerOptions } from '../../src/gateway/smb';
import { exampleWith } from './example';

const SHARE = 'name: home, export: /home, hosts_allow: [10.0.1.0/24, 10.0.9.7]';

const PORTMAP =
  '      - { name: portmap-udp, protocol: udp, port: 111, program: portmap, mode: request, pool: all }\n';

/** The example with portmap and this `smb` section. */
function withSmb(smb: string, ...changes: [string, string][]): string {
  return exampleWith(
    ['    address: 10.0.1.100\n', `    address: 10.0.1.100\n    smb: ${smb}\n`],
    ['    services:\n', `    services:\n${PORTMAP}`],
    ...changes,
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

test('a share has defaults, and its addresses are networks', () => {
  const [files] = parseConfig(withSmb(`{ shares: [{ ${SHARE} }] }`), '/etc/x.yaml').virtual_stores;
  expect(files && smbServerOptions(files)).toEqual({
    name: 'files',
    address: '10.0.1.100',
    guest_account: 'nobody',
    smb1: false,
    clients_max: 256,
    state_folder: '/var/lib/storeswitch/smb/files',
    run_folder: '/run/storeswitch/smb/files',
    shares: [
      {
        name: 'home',
        export: '/home',
        hosts_allow: [
          { address: '10.0.1.0', length: 24 },
          { address: '10.0.9.7', length: 32 },
        ],
        valid_users: [],
        read_only: false,
        guest: false,
        case_sensitive: false,
        mount: 'auto',
        folder: '/run/storeswitch/smb/files/shares/home',
      },
    ],
  });
});

test.each(['auto', 'user'])('a share with mount: %s needs NFS over UDP', (mount) => {
  const text = withSmb(`{ shares: [{ ${SHARE}, mount: ${mount} }] }`, [
    'udp, port: 2049, program: nfs, mode: request',
    'tcp, port: 2050, program: nfs, mode: session',
  ]);
  expect(mistakes(text)).toEqual([
    `virtual_stores[0].smb.shares[0].mount: "${mount}", expected services of programs portmap, mount, nfs over udp beside it, by which exports are mounted (missing: nfs)`,
  ]);
});

test('without shares there is no SMB server', () => {
  const [files] = parseConfig(exampleWith(), '/etc/x.yaml').virtual_stores;
  expect(files && smbServerOptions(files)).toBeUndefined();
});

test('folders stand relative to the file', () => {
  const text = withSmb(
    `{ state_folder: state, network_namespace: ns/smb, shares: [{ ${SHARE}, folder: mnt/home }] }`,
  );
  expect(parseConfig(text, '/etc/storeswitch/x.yaml').virtual_stores[0]?.smb).toMatchObject({
    state_folder: '/etc/storeswitch/state',
    network_namespace: '/etc/storeswitch/ns/smb',
    shares: [{ folder: '/etc/storeswitch/mnt/home' }],
  });
});

const AT = 'virtual_stores[0].smb';

test.each([
  [
    'no clients',
    '{ shares: [{ name: a, export: /a }] }',
    `${AT}.shares[0].hosts_allow: nothing, expected a list`,
  ],
  [
    'a relative export',
    '{ shares: [{ name: a, export: a, hosts_allow: [0.0.0.0/0] }] }',
    `${AT}.shares[0].export: "a", expected the absolute path of an export, such as /home`,
  ],
  [
    'a network with host bits',
    '{ shares: [{ name: a, export: /a, hosts_allow: [10.0.1.1/24] }] }',
    `${AT}.shares[0].hosts_allow[0]: "10.0.1.1/24", expected an IPv4 address or network without host bits such as 192.0.2.7 or 192.0.2.0/24`,
  ],
  [
    'a comment that Samba would substitute in',
    `{ shares: [{ ${SHARE}, comment: "%U's" }] }`,
    `${AT}.shares[0].comment: "%U's", expected at most 200 characters on one line, without % and without a backslash at the end`,
  ],
  [
    'an account that is an option',
    `{ shares: [{ ${SHARE} }], guest_account: "root\\n[x]" }`,
    `${AT}.guest_account: "root\\n[x]", expected the name of one of this machine's accounts`,
  ],
  [
    'a name of Samba’s own',
    `{ shares: [{ ${SHARE.replace('home', 'Homes')} }] }`,
    `${AT}.shares[0].name: "Homes", expected a name that Samba does not use itself (global, homes, printers)`,
  ],
  [
    'a name twice',
    `{ shares: [{ ${SHARE} }, { ${SHARE.replace('home', 'HOME')} }] }`,
    `${AT}.shares[1].name: "HOME", expected a name used once, whatever its case`,
  ],
  [
    'a folder twice',
    `{ shares: [{ ${SHARE}, folder: /mnt/a }, { ${SHARE.replace('home', 'b')}, folder: /mnt//a/ }] }`,
    `${AT}.shares[1].folder: "/mnt//a/", expected a folder of its own: share files/home has it already`,
  ],
  [
    'guests whom nobody lets in',
    `{ shares: [{ ${SHARE}, guest: true, valid_users: [alice] }] }`,
    `${AT}.shares[0].guest: true, expected false, or nobody among valid_users, who keep guests out otherwise`,
  ],
  [
    'the root as folder',
    `{ shares: [{ ${SHARE}, folder: /mnt/.. }] }`,
    `${AT}.shares[0].folder: "/mnt/..", expected a folder for the mount, not / itself`,
  ],
  [
    'an export that leads out of itself',
    '{ shares: [{ name: a, export: /share/../etc, hosts_allow: [0.0.0.0/0] }] }',
    `${AT}.shares[0].export: "/share/../etc", expected the path of an export as stores have it, without "." and ".."`,
  ],
  [
    'a mount by the kernel, which asks over TCP',
    `{ shares: [{ ${SHARE}, mount: kernel }] }`,
    `${AT}.shares[0].mount: "kernel", expected services of programs portmap, mount, nfs over tcp beside it, by which exports are mounted (missing: portmap, mount)`,
  ],
])('%s is refused', (_what, smb, expected) => {
  expect(mistakes(withSmb(smb))).toEqual([expected]);
});

test('a service that sends the port to the stores leaves none for shares', () => {
  const text = withSmb(`{ shares: [{ ${SHARE} }] }`, [
    '    services:\n',
    '    services:\n      - { name: cifs, protocol: tcp, port: 445, mode: session, pool: all }\n',
  ]);
  expect(mistakes(text)).toEqual([
    `${AT}.shares: a list of 1, expected no shares, as service cifs sends tcp port 445 to the stores`,
  ]);
});

test('shares need a way from every external port to this host', () => {
  const text = withSmb(`{ shares: [{ ${SHARE} }] }`, ['    host_port: 101\n', '']);
  expect(mistakes(text)).toEqual([
    `${AT}.shares: a list of 1, expected no shares, as external port ext1 has no host_port, which leads to Samba`,
  ]);
});
