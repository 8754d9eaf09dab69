/** Connections that end at the gateway: unmodified tools over TCP, each call balanced, the client's own address at the store. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Captures } from '../../src/demo/captures';
import { TcpTools } from '../../src/demo/tcp_tools';
import { storesUp } from '../../src/demo/waiting';
import { downTopology, startTopology } from '../../src/topology/start';
import { decodeFrame } from '../../src/wire/frame';
import { CHECKOUT, obstacle } from './prerequisites';

const INSTANCE = 'test-terminate';
const PATIENCE_MS = 240_000;
const NFS_PORT = 2049;

const run = promisify(execFile);
const CLI = `${CHECKOUT}/dist/cli/main.js`;

const targets = ['embedded', 'bmv2'] as const;

describe.each(targets)('the gateway with %s', (target) => {
  const reason = obstacle(target);
  const testHere = reason === undefined ? test : test.skip;

  testHere(
    `tools over TCP, while a store dies${reason === undefined ? '' : ` (${reason})`}`,
    async () => {
      const { signal } = new AbortController();
      const topology = await startTopology({
        topology: 'single',
        target,
        instance: INSTANCE,
        has_gateway: true,
        progress: () => undefined,
      });
      try {
        await storesUp(topology, signal);
        const [first, second] = topology.clients.map(({ name }) => name);
        if (first === undefined || second === undefined) throw new Error('two clients');
        const captures = await Captures.start(topology);
        const tools = new TcpTools(topology);
        await tools.look(first);
        await tools.copy(first, second);
        const links = await captures.stop();
        await topology.daemon('kill', 'store2', 'ganesha');
        await tools.copy(second, first);
        await tools.look(second);
        expect(tools.errors).toEqual([]);
        expect(tools.checksum_mismatches).toBe(0);

        const clients = new Map(topology.clients.map(({ address }) => [address, new Set<string>()]));
        for (const link of links.filter(({ side }) => side === 'internal')) {
          for (const { data } of link.packets) {
            const frame = decodeFrame(data);
            if (frame?.udp?.destinationPort !== NFS_PORT || frame.ipv4 === undefined) continue;
            const stores = clients.get(frame.ipv4.source);
            // Health checks are the controller's own.
            if (stores === undefined) continue;
            // As root, the tools connect from a privileged port, and that is what stores see.
            expect(frame.udp.sourcePort).toBeLessThan(1024);
            stores.add(link.host);
          }
          for (const { data } of link.packets) {
            const tcp = decodeFrame(data)?.tcp;
            expect(tcp?.destinationPort).not.toBe(NFS_PORT);
          }
        }
        // One connection each wrote and read.
        for (const stores of clients.values()) expect(stores.size).toBeGreaterThan(1);
      } finally {
        await downTopology(INSTANCE);
      }
    },
    PATIENCE_MS,
  );
});

const reason = obstacle('embedded');
const testHere = reason === undefined ? test : test.skip;

testHere(
  `\`topology start --gateway\` returns when the gateway can show and mount the stores' exports${reason === undefined ? '' : ` (${reason})`}`,
  async () => {
    const storeswitch = async (...argv: string[]) => (await run(process.execPath, [CLI, ...argv])).stdout;
    const instance = ['--instance', 'test-start'];
    try {
      const started = await storeswitch('topology', 'start', '--gateway', ...instance);
      const folder = '/run/storeswitch/test-start';
      const stores = JSON.parse(
        await storeswitch('store', 'list', '--json', '--socket', `${folder}/admin.sock`),
      ) as { state: string }[];
      expect(stores.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
      const gateway = JSON.parse(
        await storeswitch('gateway', 'status', '--json', '--socket', `${folder}/gateway.sock`),
      ) as { fronts: { stores: { exports?: number }[] }[] };
      expect(gateway.fronts[0]?.stores.map(({ exports }) => exports)).toEqual([1, 1, 1]);
      const [, vip = '', exported = ''] = /virtual store ([\d.]+):(\S+),/.exec(started) ?? [];
      const shown = await storeswitch(
        'topology',
        'exec',
        ...instance,
        'client1',
        '--',
        'showmount',
        '-e',
        vip,
      );
      expect(shown).toContain(`${exported} `);
    } finally {
      await storeswitch('topology', 'down', ...instance);
    }
  },
  PATIENCE_MS,
);
