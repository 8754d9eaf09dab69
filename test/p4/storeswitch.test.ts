import fc from 'fast-check';
import { decodeArp, encodeArpRequestFrame } from '../../src/wire/arp';
import { decodeEthernet } from '../../src/wire/ethernet';
import { ipv4ToNumber, macToBigint } from '../../src/wire/address';
import { AUTH_FLAVOR, encodeAuthSys } from '../../src/wire/rpc';
import { targets } from '../targets';
import {
  clientKnown,
  clientRate,
  clientRoute,
  DROP,
  EMPTY_POOL_PORT,
  OTHER_POOL,
  PUNT,
  SERVICE,
  slotEntries,
  storeDown,
  STORES,
} from './entries';
import { PacketTest } from './harness';
import {
  arpReply,
  FILE_HANDLE,
  NET,
  NFS_PORT,
  SLOW_PORT,
  nfsCall,
  nfsReply,
  rewritten,
  udpFrame,
  unknownFrame,
} from './packets';

const WRITE = 7;
const REMOVE = 12;
const COMMIT = 21;

describe.each(targets)('the compiled program on $name', (kind) => {
  const group = kind.skipped === undefined ? describe : describe.skip;
  const title = kind.skipped ?? 'packets in, packets out';

  group(title, () => {
    let sw: PacketTest;

    beforeAll(async () => {
      sw = await PacketTest.start(kind);
      await sw.insert(slotEntries((slot) => (slot % 2) as 0 | 1));
      await sw.insert([clientRoute(), clientKnown()]);
    });

    afterAll(() => sw.stop());
    afterEach(async () => {
      await sw.modify(clientRate());
      await sw.expectSilence();
    });

    /** Sends a call and says which store it reached, after checking that nothing but MAC addresses changed. */
    async function reached(frame: Uint8Array): Promise<0 | 1> {
      sw.send(NET.clientPort, frame);
      const { port, frame: out } = await sw.receiveAny(NET.storePorts);
      const store = port === NET.storePorts[0] ? 0 : 1;
      expect(out).toEqual(rewritten(frame, NET.storeMacs[store], NET.internalMacs[store]));
      return store;
    }

    describe('admission', () => {
      test('a port without a role lets nothing in', async () => {
        await sw.expectDrop(DROP.unknownPort, () => sw.send(NET.unknownPort, nfsCall()));
      });

      test('frames for other stations are dropped', async () => {
        const frame = nfsCall({ addresses: { destinationMac: '02:00:00:00:09:09' } });
        await sw.expectDrop(DROP.notAdmitted, () => sw.send(NET.clientPort, frame));
      });

      test('nobody outside may speak in the name of the VIP', async () => {
        const packet = nfsCall({ addresses: { source: NET.vip } });
        await sw.expectDrop(DROP.spoofedVip, () => sw.send(NET.clientPort, packet));
        const claim = encodeArpRequestFrame(NET.clientMac, NET.vip, NET.vip);
        await sw.expectDrop(DROP.spoofedVip, () => sw.send(NET.clientPort, claim));
      });
    });

    describe('ARP', () => {
      test('the VIP is answered in the data plane', async () => {
        sw.send(NET.clientPort, encodeArpRequestFrame(NET.clientMac, NET.client, NET.vip));
        const reply = decodeEthernet(await sw.receive(NET.clientPort));
        expect(reply).toMatchObject({ destination: NET.clientMac, source: NET.externalMac });
        expect(reply && decodeArp(reply.payload)).toEqual({
          operation: 'reply',
          senderMac: NET.externalMac,
          senderIp: NET.vip,
          targetMac: NET.clientMac,
          targetIp: NET.client,
        });
      });

      test('a question for another address goes to the host', async () => {
        const frame = encodeArpRequestFrame(NET.clientMac, NET.client, NET.ownExternal);
        sw.send(NET.clientPort, frame);
        expect(await sw.receive(NET.hostPort)).toEqual(frame);
      });

      test('a reply goes to the controller and to the host', async () => {
        const frame = arpReply(NET.client, NET.clientMac, NET.ownExternal, NET.externalMac);
        sw.send(NET.clientPort, frame);
        expect(await sw.packetIn()).toEqual({ port: NET.clientPort, reason: PUNT.arpReply, frame });
        expect(await sw.receive(NET.hostPort)).toEqual(frame);
      });
    });

    test('ARP replies beyond a client’s share reach the host, not the controller', async () => {
      await sw.modify(clientRate(0.1, 1));
      const reply = arpReply(NET.client, NET.clientMac, NET.ownExternal, NET.externalMac);
      sw.send(NET.clientPort, reply);
      await sw.receive(NET.hostPort);
      expect((await sw.packetIn()).reason).toBe(PUNT.arpReply);
      sw.send(NET.clientPort, reply);
      expect(await sw.receive(NET.hostPort)).toEqual(reply);
      expect(await sw.packetIns()).toEqual([]);
    });

    describe('host traffic', () => {
      test('goes to the shadow of its port and back, untouched', async () => {
        const toHost = udpFrame({ destination: NET.ownExternal }, 700, 161);
        sw.send(NET.clientPort, toHost);
        expect(await sw.receive(NET.hostPort)).toEqual(toHost);

        const fromHost = nfsReply(0);
        sw.send(NET.hostPort, fromHost);
        expect(await sw.receive(NET.clientPort)).toEqual(fromHost);
      });

      test('multicast and unknown protocols are the host’s', async () => {
        const ospf = udpFrame({ destination: '224.0.0.5', destinationMac: '01:00:5e:00:00:05' }, 700, 701);
        for (const frame of [ospf, unknownFrame()]) {
          sw.send(NET.clientPort, frame);
          expect(await sw.receive(NET.hostPort)).toEqual(frame);
        }
      });

      test('a broken RPC message to the host itself passes', async () => {
        const cut = nfsCall({ addresses: { destination: NET.ownExternal }, edit: (m) => m.subarray(0, 30) });
        sw.send(NET.clientPort, cut);
        expect(await sw.receive(NET.hostPort)).toEqual(cut);
      });

      test('the kernel’s own ARP replies are none of the controller’s business', async () => {
        const frame = arpReply(NET.ownExternal, NET.externalMac, NET.client, NET.clientMac);
        sw.send(NET.hostPort, frame);
        expect(await sw.receive(NET.clientPort)).toEqual(frame);
      });

      test('a port without a shadow drops it', async () => {
        const frame = udpFrame(
          { destination: NET.ownInternal, destinationMac: NET.internalMacs[0] },
          700,
          161,
        );
        await sw.expectDrop(DROP.noHostPort, () => sw.send(NET.storePorts[0], frame));
      });

      test('unicast to a stranger is dropped', async () => {
        const frame = udpFrame({ destination: '192.0.2.1' }, 700, 161);
        await sw.expectDrop(DROP.notOurs, () => sw.send(NET.clientPort, frame));
      });
    });

    describe('requests', () => {
      test('spread over the stores, whole and unchanged but for MAC addresses', async () => {
        const counts = [0, 0];
        for (let xid = 1000; xid < 1200; xid++) {
          const store = await reached(nfsCall({ xid }));
          counts[store] = (counts[store] ?? 0) + 1;
        }
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(60);
      });

      test('are counted by store and by service', async () => {
        const before = await Promise.all([
          sw.counter('service_requests', SERVICE.nfsUdp),
          sw.counter('store_requests', STORES[0]),
          sw.counter('store_requests', STORES[1]),
        ]);
        const frame = nfsCall({ xid: 1300 });
        const store = await reached(frame);
        const after = await Promise.all([
          sw.counter('service_requests', SERVICE.nfsUdp),
          sw.counter('store_requests', STORES[0]),
          sw.counter('store_requests', STORES[1]),
        ]);
        const grown = after.map((value, i) => value.packets - (before[i]?.packets ?? 0n));
        expect(grown).toEqual([1n, store === 0 ? 1n : 0n, store === 1 ? 1n : 0n]);
        expect(after[0]?.bytes).toBe((before[0]?.bytes ?? 0n) + BigInt(frame.length));
      });

      test.each([
        [
          'AUTH_SYS',
          encodeAuthSys({ stamp: 7, machineName: 'client-1', uid: 1000, gid: 100, gids: [4, 24, 27] }),
        ],
        ['an odd credential length', { flavor: AUTH_FLAVOR.sys, body: new Uint8Array(33).fill(1) }],
        ['the longest credential', { flavor: AUTH_FLAVOR.sys, body: new Uint8Array(400).fill(1) }],
        ['an unknown flavor', { flavor: 77, body: new Uint8Array(12).fill(1) }],
      ])('carry %s', async (_name, credential) => {
        await reached(nfsCall({ xid: 1400, credential }));
      });

      test('carry a verifier', async () => {
        await reached(nfsCall({ xid: 1401, verifier: { flavor: 1, body: new Uint8Array(20).fill(9) } }));
      });

      test('carry IPv4 options', async () => {
        for (const length of [4, 8, 40]) {
          await reached(nfsCall({ xid: 1402 + length, ipv4: { options: new Uint8Array(length).fill(1) } }));
        }
      });

      test.each([0, 4, 12, 15, 16, 17, 28, 32, 48, 63, 64])(
        'read file handles of %i bytes',
        async (length) => {
          const fileHandle = Uint8Array.from({ length }, (_, i) => i + length);
          const first = await reached(nfsCall({ xid: 2000 + length, procedure: WRITE, fileHandle }));
          for (let i = 1; i <= 4; i++) {
            const xid = 2000 + length + i * 100;
            expect(await reached(nfsCall({ xid, procedure: WRITE, fileHandle }))).toBe(first);
          }
        },
      );

      test('WRITE and COMMIT of one file go to one store, other files elsewhere', async () => {
        const stores = new Set<number>();
        for (let file = 0; file < 16; file++) {
          // Handles of one export differ in their last bytes only.
          const fileHandle = Uint8Array.from(FILE_HANDLE);
          fileHandle[43] = file;
          const xid = 3000 + file * 10;
          const store = await reached(nfsCall({ xid, procedure: WRITE, fileHandle }));
          expect(
            await reached(nfsCall({ xid: xid + 1, procedure: WRITE, fileHandle, clientPort: 801 })),
          ).toBe(store);
          expect(await reached(nfsCall({ xid: xid + 2, procedure: COMMIT, fileHandle }))).toBe(store);
          stores.add(store);
        }
        expect(stores.size).toBe(2);
      });

      test('whose object cannot be read stay with one store per client', async () => {
        const credential = { flavor: AUTH_FLAVOR.rpcsecGss, body: new Uint8Array(20).fill(2) };
        const stores = new Set<number>();
        for (let xid = 3300; xid < 3316; xid++) {
          stores.add(await reached(nfsCall({ xid, procedure: WRITE, credential })));
        }
        expect(stores.size).toBe(1);
      });

      test('teach the controller clients it does not know, and only those', async () => {
        const source = '10.0.1.77';
        await reached(nfsCall({ xid: 3400, addresses: { source, sourceMac: '02:00:00:00:00:77' } }));
        expect(await sw.digest()).toEqual({
          ingress_port: BigInt(NET.clientPort),
          src_mac: macToBigint('02:00:00:00:00:77'),
          src_addr: BigInt(ipv4ToNumber(source)),
        });
        await reached(nfsCall({ xid: 3401 }));
        expect(await sw.noDigest()).toBe(true);
      });
    });

    describe('retransmissions', () => {
      afterEach(async () => {
        await sw.modify(slotEntries((slot) => (slot % 2) as 0 | 1));
      });

      test('follow the first transmission through a rewrite of every slot, after the response too', async () => {
        const before = await sw.counter('service_retransmissions', SERVICE.nfsUdp);
        const calls = Array.from({ length: 20 }, (_, i) => nfsCall({ xid: 4000 + i, procedure: REMOVE }));
        const first = [];
        for (const call of calls) first.push(await reached(call));
        sw.send(NET.storePorts[0], nfsReply(0, { xid: 4000 }));
        await sw.receive(NET.clientPort);

        await sw.modify(slotEntries((slot) => (slot % 2 === 0 ? 1 : 0)));
        for (const [i, call] of calls.entries()) expect(await reached(call)).toBe(first[i]);
        const after = await sw.counter('service_retransmissions', SERVICE.nfsUdp);
        expect(after.packets - before.packets).toBe(20n);
      });

      test('are told by client address, port, service and xid together', async () => {
        const store = await reached(nfsCall({ xid: 4100 }));
        await sw.modify(slotEntries(() => (store === 0 ? 1 : 0)));
        expect(await reached(nfsCall({ xid: 4100, clientPort: 999 }))).not.toBe(store);
        expect(await reached(nfsCall({ xid: 4101 }))).not.toBe(store);
        expect(await reached(nfsCall({ xid: 4100 }))).toBe(store);
      });

      test('are told by the virtual store too', async () => {
        await sw.insert(slotEntries(() => 1, OTHER_POOL));
        await sw.modify(slotEntries(() => 0));
        expect(await reached(nfsCall({ xid: 4150 }))).toBe(0);
        expect(await reached(nfsCall({ xid: 4150, addresses: { destination: NET.otherVip } }))).toBe(1);
        expect(await reached(nfsCall({ xid: 4150 }))).toBe(0);
      });

      test('of a dead store follow to the owner of their slot, not to its standby', async () => {
        await sw.modify(slotEntries(() => 0));
        expect(await reached(nfsCall({ xid: 4160 }))).toBe(0);
        await sw.modify(slotEntries(() => 1));
        await sw.insert([storeDown(0)]);
        expect(await reached(nfsCall({ xid: 4160 }))).toBe(1);
        await sw.delete([storeDown(0)]);
      });

      test('do not follow to a dead store; one entry takes it out of every pool', async () => {
        const calls = Array.from({ length: 12 }, (_, i) => nfsCall({ xid: 4200 + i }));
        for (const call of calls) await reached(call);
        await sw.insert([storeDown(0)]);
        for (const call of calls) expect(await reached(call)).toBe(1);
        for (let xid = 4300; xid < 4320; xid++) expect(await reached(nfsCall({ xid }))).toBe(1);
        await sw.delete([storeDown(0)]);
        // The store that served the repetition keeps it.
        for (const call of calls) expect(await reached(call)).toBe(1);
      });
    });

    describe('what is not a request', () => {
      test.each([
        ['a truncated call', DROP.malformed, nfsCall({ edit: (m) => m.subarray(0, 36) })],
        ['a truncated file handle', DROP.malformed, nfsCall({ edit: (m) => m.subarray(0, m.length - 8) })],
        ['a credential of 401 bytes', DROP.malformed, nfsCall({ edit: (m) => edited(m, 28, 401) })],
        ['a credential of 4 GiB', DROP.malformed, nfsCall({ edit: (m) => edited(m, 28, 0xffff_ffff) })],
        ['a verifier of 4 GiB', DROP.malformed, nfsCall({ edit: (m) => edited(m, 36, 0xffff_fffe) })],
        ['a file handle of 65 bytes', DROP.malformed, nfsCall({ edit: (m) => edited(m, 40, 65) })],
        ['a file handle of 4 GiB', DROP.malformed, nfsCall({ edit: (m) => edited(m, 40, 0xffff_ffff) })],
        ['an IPv4 header length of 4', DROP.malformed, withByte(nfsCall(), 14, 0x44)],
        [
          'a cut ARP packet',
          DROP.malformed,
          encodeArpRequestFrame(NET.clientMac, NET.client, NET.vip).subarray(0, 30),
        ],
        [
          'ARP of another hardware',
          DROP.malformed,
          withByte(encodeArpRequestFrame(NET.clientMac, NET.client, NET.vip), 15, 6),
        ],
        ['a cut IPv4 header', DROP.malformed, nfsCall().subarray(0, 25)],
        ['a reply', DROP.notRpcCall, nfsCall({ edit: (m) => edited(m, 4, 1) })],
        ['an unknown message type', DROP.notRpcCall, nfsCall({ edit: (m) => edited(m, 4, 2) })],
        ['a datagram of 4 bytes', DROP.notRpcCall, nfsCall({ edit: (m) => m.subarray(0, 4) })],
        ['RPC version 3', DROP.rpcVersion, nfsCall({ edit: (m) => edited(m, 8, 3) })],
        ['a port without a service', DROP.noService, nfsCall({ servicePort: 2050 })],
        ['a pool without stores', DROP.noStore, nfsCall({ servicePort: EMPTY_POOL_PORT })],
      ])('%s is dropped and counted', async (_name, reason, frame) => {
        await sw.expectDrop(reason, () => sw.send(NET.clientPort, frame));
      });

      test('noise never stops the switch', async () => {
        await fc.assert(
          fc.asyncProperty(fc.uint8Array({ maxLength: 1500 }), async (noise) => {
            const call = nfsCall({
              edit: (m) => Buffer.concat([m.subarray(0, noise.length % m.length), noise]),
            });
            sw.send(NET.clientPort, call.subarray(0, 1514));
            if (noise.length >= 14) sw.send(NET.clientPort, noise);
            await sw.drain();
          }),
          { numRuns: 40, seed: 7 },
        );
        await reached(nfsCall({ xid: 5000 }));
      });
    });

    describe('responses', () => {
      test('return to the client with nothing but MAC addresses changed, and are counted', async () => {
        const store = await reached(nfsCall({ xid: 6000 }));
        const before = await sw.counter('store_responses', STORES[store]);
        const reply = nfsReply(store, { xid: 6000 });
        sw.send(NET.storePorts[store], reply);
        expect(await sw.receive(NET.clientPort)).toEqual(rewritten(reply, NET.clientMac, NET.externalMac));
        const after = await sw.counter('store_responses', STORES[store]);
        expect(after.packets - before.packets).toBe(1n);
      });

      test('of several packets pass piece by piece', async () => {
        for (const ipv4 of [{ moreFragments: true }, { fragmentOffset_bytes: 1480 }]) {
          const piece = nfsReply(1, { xid: 6100, ipv4 });
          sw.send(NET.storePorts[1], piece);
          expect(await sw.receive(NET.clientPort)).toEqual(rewritten(piece, NET.clientMac, NET.externalMac));
        }
      });

      test('to an unknown client go to the controller', async () => {
        await sw.delete([clientRoute()]);
        const reply = nfsReply(0, { xid: 6200 });
        sw.send(NET.storePorts[0], reply);
        expect(await sw.packetIn()).toEqual({
          port: NET.storePorts[0],
          reason: PUNT.clientRouteMiss,
          frame: reply,
        });
        await sw.insert([clientRoute()]);
      });
    });

    describe('the controller', () => {
      test('gets what a slow service receives, from its side only', async () => {
        const toIt = { destination: NET.ownInternal, destinationMac: NET.internalMacs[0] };
        const frame = udpFrame(toIt, NFS_PORT, SLOW_PORT);
        sw.send(NET.storePorts[0], frame);
        expect(await sw.packetIn()).toEqual({ port: NET.storePorts[0], reason: PUNT.service, frame });
        // From a client it is what any packet to our own address is.
        sw.send(NET.clientPort, frame);
        expect(await sw.receive(NET.hostPort)).toEqual(frame);
      });

      test('sends frames out of any port, untouched', async () => {
        const frame = nfsCall({ xid: 7000 });
        sw.packetOut(NET.storePorts[1], frame);
        expect(await sw.receive(NET.storePorts[1])).toEqual(frame);
      });
    });
  });
});

/** The message with the 32-bit word at `offset` replaced. */
function edited(message: Uint8Array, offset: number, word: number): Uint8Array {
  const copy = Buffer.from(message);
  copy.writeUInt32BE(word, offset);
  return copy;
}

function withByte(frame: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy[offset] = value;
  return copy;
}
