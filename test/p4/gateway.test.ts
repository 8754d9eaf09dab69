import { action } from '../../src/p4runtime/action';
import { exact, lpm, ternary } from '../../src/p4runtime/match';
import type { TableEntry } from '../../src/p4runtime/table_entry';
import { ipv4ToNumber, macToBigint } from '../../src/wire/address';
import { TCP_FLAG } from '../../src/wire/tcp';
import { targets } from '../targets';
import { clientKnown, clientRoute, PUNT, slotEntries } from './entries';
import { PacketTest } from './harness';
import { fragments, NET, nfsCall, nfsReply, NFS_PORT, rewritten, tcpSegment, udpFrame } from './packets';

const ROLE = { external: 1, gateway: 4 } as const;
const WRITE = 7;
const PORTMAP = 111;
const GATEWAY_MAC = '02:00:00:00:09:01';
/** Of ports that the gateway asks from, and of one that clients do. */
const [GATEWAY_CLIENT_PORT, CLIENT_PORT] = [520, 700];
const DATA = Uint8Array.from({ length: 8192 }, (_, i) => i & 0xff);

const vip = ipv4ToNumber(NET.vip);

function service(role: number, protocol: number, port: number, call: TableEntry['action']): TableEntry {
  return {
    table: 'virtual_service',
    match: { role: exact(role), dst_addr: exact(vip), protocol: exact(protocol), dst_port: exact(port) },
    ...(call !== undefined && { action: call }),
  };
}

/** The port without a role becomes the gateway's. */
const GATEWAY: TableEntry[] = [
  {
    table: 'port_role',
    match: { ingress_port: exact(NET.unknownPort) },
    action: action('set_role', { role: ROLE.gateway }),
  },
  {
    table: 'admit',
    priority: 90,
    match: { role: ternary(ROLE.gateway, 0xff) },
    action: action('allow'),
  },
  service(ROLE.external, 17, PORTMAP, action('terminate', { service_id: 20 })),
  service(ROLE.gateway, 17, NFS_PORT, action('request', { service_id: 21, pool_id: 0, sample_below: 0 })),
  {
    table: 'gateway',
    match: { src_addr: exact(vip) },
    action: action('to_gateway', { gateway_port: NET.unknownPort, gateway_mac: macToBigint(GATEWAY_MAC) }),
  },
  {
    table: 'gateway_reply',
    match: { src_addr: exact(vip), src_port: exact(NFS_PORT), dst_port: lpm(512, 10) },
    action: action('claim'),
  },
];
const OTHER_POOL = 5;
const OTHER_POOL_MAC = '02:73:77:67:00:05';
const TERMINATED_TCP = service(ROLE.external, 6, NFS_PORT, action('terminate', { service_id: 22 }));

describe.each(targets)('the gateway on $name', (kind) => {
  const group = kind.skipped === undefined ? describe : describe.skip;
  const title = kind.skipped ?? 'in clients’ names';

  group(title, () => {
    let sw: PacketTest;

    beforeAll(async () => {
      sw = await PacketTest.start(kind);
      await sw.insert([
        ...slotEntries((slot) => (slot % 2) as 0 | 1),
        ...slotEntries(() => 1, OTHER_POOL),
        clientRoute(),
        clientKnown(),
        ...GATEWAY,
      ]);
      await sw.modify([TERMINATED_TCP]);
    });
    afterAll(() => sw.stop());
    afterEach(() => sw.expectSilence());

    const storeOf = (port: number) => NET.storePorts.findIndex((one) => one === port) as 0 | 1;

    test('what ends at the host goes there untouched, and back', async () => {
      for (const frame of [
        tcpSegment(1000),
        tcpSegment(1000, TCP_FLAG.ack),
        udpFrame({}, CLIENT_PORT, PORTMAP),
      ]) {
        sw.send(NET.clientPort, frame);
        expect(await sw.receive(NET.hostPort)).toEqual(frame);
      }
      const answer = udpFrame(
        {
          sourceMac: NET.externalMac,
          destinationMac: NET.clientMac,
          source: NET.vip,
          destination: NET.client,
        },
        PORTMAP,
        CLIENT_PORT,
      );
      sw.send(NET.hostPort, answer);
      expect(await sw.receive(NET.clientPort)).toEqual(answer);
    });

    test('its requests are placed like a client’s, teach nobody a client, and are answered to it', async () => {
      const addresses = { sourceMac: GATEWAY_MAC, source: '10.0.9.9' };
      const reached = new Set<number>();
      for (let xid = 1; xid <= 8; xid++) {
        const call = nfsCall({ xid, clientPort: GATEWAY_CLIENT_PORT, addresses });
        sw.send(NET.unknownPort, call);
        const { port, frame } = await sw.receiveAny(NET.storePorts);
        const store = storeOf(port);
        reached.add(store);
        expect(frame).toEqual(rewritten(call, NET.storeMacs[store], NET.internalMacs[store]));
      }
      expect(reached.size).toBe(2);
      expect(await sw.noDigest()).toBe(true);
      const call = nfsCall({ xid: 100, clientPort: GATEWAY_CLIENT_PORT });
      sw.send(NET.unknownPort, call);
      const { port } = await sw.receiveAny(NET.storePorts);
      const before = await sw.counter('unexpected_responses', 0);
      const reply = nfsReply(storeOf(port), { xid: 100, clientPort: GATEWAY_CLIENT_PORT });
      sw.send(port, reply);
      expect((await sw.receive(NET.unknownPort)).subarray(0, 6)).toEqual(
        Uint8Array.from(Buffer.from(GATEWAY_MAC.replaceAll(':', ''), 'hex')),
      );
      expect((await sw.counter('unexpected_responses', 0)).packets).toBe(before.packets);
    });

    test('what it says a pool of goes to that pool, which no client can say', async () => {
      for (let xid = 200; xid < 208; xid++) {
        const call = nfsCall({
          xid,
          clientPort: GATEWAY_CLIENT_PORT,
          addresses: { sourceMac: OTHER_POOL_MAC },
        });
        sw.send(NET.unknownPort, call);
        expect(await sw.receive(NET.storePorts[1])).toEqual(
          rewritten(call, NET.storeMacs[1], NET.internalMacs[1]),
        );
      }
      const reached = new Set<number>();
      for (let xid = 200; xid < 208; xid++) {
        sw.send(NET.clientPort, nfsCall({ xid, addresses: { sourceMac: OTHER_POOL_MAC } }));
        reached.add((await sw.receiveAny(NET.storePorts)).port);
      }
      expect(reached.size).toBe(2);
    });

    test('what the client itself has asked is answered to the client', async () => {
      const reply = nfsReply(0, { xid: 5, clientPort: CLIENT_PORT });
      sw.send(NET.storePorts[0], reply);
      expect(await sw.receive(NET.clientPort)).toEqual(rewritten(reply, NET.clientMac, NET.externalMac));
    });

    test('responses of several packets follow their first one', async () => {
      const reply = (clientPort: number, identification: number) =>
        fragments(nfsReply(0, { xid: 6, clientPort, ipv4: { identification } }), 68);
      const [ours, theirs] = [reply(GATEWAY_CLIENT_PORT, 4001), reply(CLIENT_PORT, 4002)];
      expect(ours.length).toBeGreaterThan(2);
      for (const [i, piece] of ours.entries()) {
        sw.send(NET.storePorts[0], piece);
        sw.send(NET.storePorts[0], theirs[i] as Uint8Array);
        expect((await sw.receive(NET.unknownPort)).subarray(14)).toEqual(piece.subarray(14));
        expect((await sw.receive(NET.clientPort)).subarray(14)).toEqual(theirs[i]?.subarray(14));
      }
    });

    test('responses of several packets, one right after the other', async () => {
      for (let identification = 4010; identification < 4018; identification++) {
        const pieces = fragments(
          nfsReply(0, { xid: 7, clientPort: GATEWAY_CLIENT_PORT, ipv4: { identification } }),
          68,
        );
        for (const piece of pieces) sw.send(NET.storePorts[0], piece);
        for (const piece of pieces)
          expect((await sw.receive(NET.unknownPort)).subarray(14)).toEqual(piece.subarray(14));
      }
    });

    test('its datagrams and those of the client itself are told apart', async () => {
      const pieces = (clientPort: number, xid: number, fill: number) =>
        fragments(
          nfsCall({
            xid,
            clientPort,
            procedure: WRITE,
            fileHandle: new Uint8Array(32).fill(fill),
            data: DATA,
            ipv4: { identification: 4100 },
          }),
        );
      const [ours, theirs] = [pieces(GATEWAY_CLIENT_PORT, 200, 1), pieces(CLIENT_PORT, 201, 2)];
      const at = new Map<number, Set<number>>();
      for (const [i, piece] of ours.entries()) {
        for (const [port, sent] of [
          [NET.unknownPort, piece],
          [NET.clientPort, theirs[i] as Uint8Array],
        ] as const) {
          sw.send(port, sent);
          const { port: reached, frame } = await sw.receiveAny(NET.storePorts);
          expect(frame.subarray(14)).toEqual(sent.subarray(14));
          at.set(port, (at.get(port) ?? new Set()).add(reached));
        }
      }
      for (const reached of at.values()) expect(reached.size).toBe(1);
      // One that comes out of order is shown with the port it came by.
      const [zeroth, , second] = pieces(GATEWAY_CLIENT_PORT, 202, 3);
      sw.send(NET.unknownPort, zeroth as Uint8Array);
      await sw.receiveAny(NET.storePorts);
      sw.send(NET.unknownPort, second as Uint8Array);
      expect(await sw.packetIn()).toMatchObject({ port: NET.unknownPort, reason: PUNT.fragment });
    });

    test('the controller ends its datagrams, and not the client’s of the same identification', async () => {
      const pieces = (clientPort: number, xid: number) =>
        fragments(
          nfsCall({
            xid,
            clientPort,
            procedure: WRITE,
            fileHandle: new Uint8Array(32).fill(4),
            data: DATA,
            ipv4: { identification: 4200 },
          }),
        );
      const senders = [
        [NET.unknownPort, pieces(GATEWAY_CLIENT_PORT, 210)],
        [NET.clientPort, pieces(CLIENT_PORT, 211)],
      ] as const;
      for (const [port, [zeroth, , second]] of senders) {
        sw.send(port, zeroth as Uint8Array);
        await sw.receiveAny(NET.storePorts);
        sw.send(port, second as Uint8Array);
        expect((await sw.fullPacketIn()).store).not.toBe(0);
      }
      const last = senders[0][1][5] as Uint8Array;
      sw.packetOut(NET.storePorts[0], last, 'send_last_gateway');
      expect(await sw.receive(NET.storePorts[0])).toEqual(last);
      const stores = [];
      for (const [port, all] of senders) {
        sw.send(port, all[3] as Uint8Array);
        stores.push((await sw.fullPacketIn()).store !== 0);
      }
      // What comes of the gateway's has no row any more: nobody knows its store.
      expect(stores).toEqual([false, true]);
    });
  });
});
