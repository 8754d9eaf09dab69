/** Stores with large frames: what clients send in pieces reaches ganesha whole, and its answers reach them in pieces. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Captures, type LinkCapture } from '../../src/demo/captures';
import { TcpTools } from '../../src/demo/tcp_tools';
import { UdpClient } from '../../src/demo/udp_client';
import { storesUp } from '../../src/demo/waiting';
import { downTopology, startTopology } from '../../src/topology/start';
import type { Topology } from '../../src/topology/topology';
import { decodeIpv4 } from '../../src/wire/ipv4';
import { decodeEthernet, ETHERTYPE } from '../../src/wire/ethernet';
import { internetChecksum, pseudoHeaderSum } from '../../src/wire/checksum';
import { obstacle } from './prerequisites';

const INSTANCE = 'test-jumbo';
const STORE_MTU = 9000;
const ETHERNET_MTU = 1500;
const LOAD_MS = 2000;
const PATIENCE_MS = 120_000;

/** The IPv4 packets on a link that `mac` sent, or that it received. */
function ipv4Packets({ packets, mac }: LinkCapture, direction: 'sent' | 'received'): Buffer[] {
  return packets.flatMap(({ data }) => {
    const ethernet = decodeEthernet(data);
    const is_sent = ethernet?.source === mac;
    if (ethernet?.etherType !== ETHERTYPE.ipv4 || is_sent !== (direction === 'sent')) return [];
    return [Buffer.from(ethernet.payload)];
  });
}

const reason = obstacle('embedded');
const testHere = reason === undefined ? test : test.skip;
const because = reason === undefined ? '' : ` (${reason})`;

/** With stores that take large packets, all of them up. */
async function withTopology(
  options: { has_gateway?: true },
  run: (topology: Topology) => Promise<void>,
): Promise<void> {
  const topology = await startTopology({
    topology: 'single',
    target: 'embedded',
    instance: INSTANCE,
    store_mtu: STORE_MTU,
    progress: () => undefined,
    ...options,
  });
  try {
    await storesUp(topology, new AbortController().signal);
    await run(topology);
  } finally {
    await downTopology(INSTANCE);
  }
}

testHere(
  `WRITEs of three fragments reach stores in one packet each${because}`,
  () =>
    withTopology({}, async (topology) => {
      const captures = await Captures.start(topology);
      const client = UdpClient.start(topology, topology.clients[0]?.name ?? '');
      await sleep(LOAD_MS);
      const { summary, complaints } = await client.finish();
      const links = await captures.stop();
      expect(complaints).toBe('');
      expect(summary).toMatchObject({ errors: 0, checksum_mismatches: 0, rewrites: 0 });
      expect(summary.operations).toBeGreaterThan(100);

      const atStores = links.filter(({ side }) => side === 'internal');
      const requests = atStores.flatMap((link) => ipv4Packets(link, 'received'));
      const large = requests.filter((packet) => packet.length > ETHERNET_MTU);
      expect(large.length).toBeGreaterThan(10);
      for (const packet of large) {
        expect(packet.length).toBeLessThanOrEqual(STORE_MTU);
        const whole = decodeIpv4(packet);
        expect(whole).toMatchObject({ moreFragments: false, fragmentOffset_bytes: 0 });
        if (whole === undefined) continue;
        const { protocol, payload } = whole;
        expect(internetChecksum(payload, pseudoHeaderSum(whole, protocol, payload.length))).toBe(0);
      }
      for (const link of links.filter(({ side }) => side === 'external'))
        for (const packet of ipv4Packets(link, 'received'))
          expect(packet.length).toBeLessThanOrEqual(ETHERNET_MTU);
    }),
  PATIENCE_MS,
);

testHere(
  `the gateway speaks to them in large packets, too${because}`,
  () =>
    withTopology({ has_gateway: true }, async (topology) => {
      const [first = '', second = ''] = topology.clients.map(({ name }) => name);
      const captures = await Captures.start(topology);
      const tools = new TcpTools(topology);
      await tools.copy(first, second);
      const links = await captures.stop();
      expect(tools.errors).toEqual([]);
      expect(tools.checksum_mismatches).toBe(0);
      const atStores = links.filter(({ side }) => side === 'internal');
      for (const direction of ['received', 'sent'] as const) {
        const large = atStores
          .flatMap((link) => ipv4Packets(link, direction))
          .filter((packet) => packet.length > ETHERNET_MTU);
        expect(large.length).toBeGreaterThan(10);
      }
    }),
  PATIENCE_MS,
);
