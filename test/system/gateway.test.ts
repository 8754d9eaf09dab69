/** The gateway between real clients over TCP and nfs-ganesha over UDP. */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CLIENTS, GatewayLab, NFS_PORT, VIP } from './gateway_lab';
import { obstacle } from './prerequisites';

const PATIENCE_MS = 240_000;
const IDLE_CONNECTIONS = 10_000;
/** Of random octets, neither a multiple of a block nor of what one request carries. */
const FILE_OCTETS = 1_500_001;

const reason = obstacle('embedded');
const testHere = reason === undefined ? test : test.skip;
const skipped = reason === undefined ? '' : ` (${reason})`;

let lab: GatewayLab;
beforeEach(() => {
  lab = new GatewayLab();
});
afterEach(() => lab.stop(), PATIENCE_MS);

/** Writes a file through the gateway from client a, reads it from client b, and compares both with what it should be. */
function copyThereAndBack(): void {
  const data = randomBytes(FILE_OCTETS);
  writeFileSync(join(lab.folder, 'in'), data);
  lab.run('a', 'nfs-cp', join(lab.folder, 'in'), lab.url('share/file'));
  expect(readFileSync(join(lab.share, 'file')).equals(data)).toBe(true);
  lab.run('b', 'nfs-cp', lab.url('share/file'), join(lab.folder, 'out'));
  expect(readFileSync(join(lab.folder, 'out')).equals(data)).toBe(true);
}

testHere(
  `files are written and read octet for octet, within the limits of a datagram${skipped}`,
  async () => {
    await lab.start();
    copyThereAndBack();
    for (let i = 0; i < 300; i++) writeFileSync(join(lab.share, `entry-${i}`), '');
    const listed = lab.run('a', 'nfs-ls', lab.url('share')).split('\n');
    expect(listed.filter((line) => line.includes('entry-'))).toHaveLength(300);
    const { counters, path, connections } = await lab.status();
    // The export says 1 MiB; FSINFO said less, so no client had to be held to it.
    expect(counters).toMatchObject({ writes_shortened: 0, replies_malformed: 0, closed_garbage: 0 });
    expect(path).toMatchObject({ rx_bad_checksum: 0, fragments_refused: 0 });
    expect(path.reassembled).toBeGreaterThan(FILE_OCTETS / 32_768);
    expect(connections).toBe(0);
  },
  PATIENCE_MS,
);

testHere(
  `what is lost on the way to the store, or back, is sent again${skipped}`,
  async () => {
    await lab.start({ lose_every: 9 });
    copyThereAndBack();
    const { counters, path } = await lab.status();
    expect(path.lost_on_purpose).toBeGreaterThan(20);
    expect(counters.retransmissions).toBeGreaterThanOrEqual(20);
  },
  PATIENCE_MS,
);

testHere(
  `the store gives its verdict on the client’s own address and class of port${skipped}`,
  async () => {
    await lab.start();
    const capture = spawn(
      'ip',
      [
        ...['netns', 'exec', lab.namespace('store'), 'tcpdump', '-i', 'eth0', '-l', '-n', '-q'],
        ...['--immediate-mode', `udp and dst host ${VIP}`],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const sources = new Set<string>();
    createInterface({ input: capture.stdout }).on('line', (line) => {
      const [, address = '', port = ''] = / IP ([\d.]+)\.(\d+) > /.exec(line) ?? [];
      if (address !== '') sources.add(`${address} ${Number(port) < 1024 ? 'privileged' : 'unprivileged'}`);
    });
    await new Promise<void>((resolve) => {
      // "listening on eth0, ..."
      createInterface({ input: capture.stderr }).on('line', (line) => {
        if (line.startsWith('listening')) resolve();
      });
    });
    // libnfs binds a privileged port if it may.
    const users = { root: [], nobody: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] };
    const verdicts: Record<string, boolean> = {};
    for (const client of ['a', 'b'] as const) {
      for (const [user, as] of Object.entries(users)) {
        for (const exported of ['share', 'mine', 'secure']) {
          try {
            lab.run(client, ...as, 'nfs-ls', lab.url(exported));
            verdicts[`${client} ${user} ${exported}`] = true;
          } catch {
            verdicts[`${client} ${user} ${exported}`] = false;
          }
        }
      }
    }
    expect(verdicts).toEqual({
      ...{ 'a root share': true, 'a root mine': true, 'a root secure': true },
      ...{ 'a nobody share': true, 'a nobody mine': true, 'a nobody secure': false },
      ...{ 'b root share': true, 'b root mine': false, 'b root secure': true },
      ...{ 'b nobody share': true, 'b nobody mine': false, 'b nobody secure': false },
    });
    capture.kill('SIGTERM');
    await new Promise((resolve) => capture.once('close', resolve));
    expect([...sources].sort()).toEqual([
      `${CLIENTS.a} privileged`,
      `${CLIENTS.a} unprivileged`,
      `${CLIENTS.b} privileged`,
      `${CLIENTS.b} unprivileged`,
    ]);
  },
  PATIENCE_MS,
);

/** Opens connections a few hundred at a time and says so; holds them until its input ends. */
const HOLD_CONNECTIONS = `
const { connect } = require('node:net');
const [port, host, count] = process.argv.slice(1);
const open = () => new Promise((resolve, reject) => connect(port, host, resolve).once('error', reject));
(async () => {
  for (let i = 0; i < count; i += 250) await Promise.all(Array.from({ length: 250 }, open));
  console.log('open');
  process.stdin.resume().once('end', () => process.exit());
})();
`;

testHere(
  `10,000 idle connections cost little, and others are served meanwhile${skipped}`,
  async () => {
    await lab.start();
    const holder = spawn(
      'ip',
      [
        ...['netns', 'exec', lab.namespace('a'), process.execPath, '-e', HOLD_CONNECTIONS],
        ...[String(NFS_PORT), VIP, String(IDLE_CONNECTIONS)],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const said = await new Promise((resolve) =>
      createInterface({ input: holder.stdout }).once('line', resolve),
    );
    expect(said).toBe('open');
    copyThereAndBack();
    const status = await lab.status();
    expect(status).toMatchObject({ connections: IDLE_CONNECTIONS, clients: 1, partial_octets: 0 });
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    holder.stdin.end();
    await ended;
  },
  PATIENCE_MS,
);

testHere(
  `a client that speaks NFSv4 is told the version, and a link that goes down comes back${skipped}`,
  async () => {
    await lab.start();
    const version4 = () => lab.run('a', 'nfs-ls', `nfs://${VIP}/share?version=4&nfsport=${NFS_PORT}`);
    expect(version4).toThrow(/mismatch|version|Failed/i);
    expect((await lab.status()).answered_here.version_mismatch).toBeGreaterThan(0);
    for (const state of ['down', 'up']) {
      execFileSync('ip', ['-n', lab.namespace('gateway'), 'link', 'set', 'p0', state]);
      // What goes down takes its frames with it; what was sent meanwhile is sent again.
      await lab.status();
    }
    expect(lab.run('a', 'nfs-ls', lab.url('share'))).toBeDefined();
    expect((await lab.status()).path.interface_losses).toBeGreaterThanOrEqual(1);
  },
  PATIENCE_MS,
);
