import type { Ipv4Packet } from '../../src/wire/ipv4';
import { targets } from '../targets';
import { clientKnown, clientRate, clientRoute, DROP, poolPolicy, PUNT, slotEntries, STORES } from './entries';
import { PacketTest } from './harness';
import { fragments, NET, nfsCall, rewritten, tcpSegment } from './packets';

const WRITE = 7;
const DATA = Uint8Array.from({ length: 8192 }, (_, i) => i & 0xff);

describe.each(targets)('requests of several fragments on $name', (kind) => {
  const group = kind.skipped === undefined ? describe : describe.skip;
  const title = kind.skipped ?? 'fragments in, fragments out';

  group(title, () => {
    let sw: PacketTest;
    let identification = 0;

    beforeAll(async () => {
      sw = await PacketTest.start(kind);
      await sw.insert(slotEntries((slot) => (slot % 2) as 0 | 1));
      await sw.insert([clientRoute(), clientKnown()]);
    });
    afterAll(() => sw.stop());
    afterEach(() => sw.expectSilence());

    /** A WRITE of 8 KiB: six fragments. */
    const write = (xid: number, options: Parameters<typeof nfsCall>[0] = {}) =>
      nfsCall({
        xid,
        procedure: WRITE,
        data: DATA,
        ...options,
        ipv4: { identification: ++identification, ...options.ipv4 },
      });

    const send = (...frames: Uint8Array[]) => {
      for (const frame of frames) sw.send(NET.clientPort, frame);
    };

    /** These and no others reach one store, in this order, with nothing but MAC addresses changed. */
    async function expectAtOneStore(frames: readonly Uint8Array[]): Promise<0 | 1> {
      const { port, frame } = await sw.receiveAny(NET.storePorts);
      const store = port === NET.storePorts[0] ? 0 : 1;
      const out = [frame];
      while (out.length < frames.length) out.push(await sw.receive(port));
      expect(out).toEqual(frames.map((one) => rewritten(one, NET.storeMacs[store], NET.internalMacs[store])));
      return store;
    }

    test('in order pass to one store, datagram by datagram', async () => {
      const stores = new Set<number>();
      for (let i = 0; i < 12; i++) {
        const fileHandle = new Uint8Array(32).fill(i * 17 + 3);
        const pieces = fragments(write(100 + i, { fileHandle }));
        expect(pieces).toHaveLength(6);
        send(...pieces);
        stores.add(await expectAtOneStore(pieces));
      }
      expect(stores.size).toBe(2);
    });

    test('of several datagrams may be mixed', async () => {
      const [a, b] = [write(200), write(201, { fileHandle: new Uint8Array(32).fill(9) })].map((frame) =>
        fragments(frame),
      );
      if (a === undefined || b === undefined) throw new Error('two datagrams');
      for (const [i, piece] of a.entries()) send(piece, b[i] as Uint8Array);
      const out = new Map<number, Uint8Array[]>(NET.storePorts.map((port) => [port, []]));
      for (let i = 0; i < 12; i++) {
        const { port, frame } = await sw.receiveAny(NET.storePorts);
        out.get(port)?.push(frame);
      }
      const payloads = [...out.values()]
        .flat()
        .map((frame) => Buffer.from(frame.subarray(14)).toString('hex'));
      const sent = [...a, ...b].map((frame) => Buffer.from(frame.subarray(14)).toString('hex'));
      expect(payloads.sort()).toEqual(sent.sort());
    });

    test('a retransmission goes to the same store', async () => {
      const first = fragments(write(300));
      send(...first);
      const store = await expectAtOneStore(first);
      const again = fragments(write(300));
      send(...again);
      expect(await expectAtOneStore(again)).toBe(store);
    });

    test('before the zeroth go to the controller, and the zeroth as a copy', async () => {
      const [zeroth, first, second, ...rest] = fragments(write(400)) as [Uint8Array, Uint8Array, Uint8Array];
      send(second, first, zeroth, ...rest);
      const { port, frame } = await sw.receiveAny(NET.storePorts);
      const store = port === NET.storePorts[0] ? 0 : 1;
      expect(frame).toEqual(rewritten(zeroth, NET.storeMacs[store], NET.internalMacs[store]));
      const punts = [];
      for (let i = 0; i < 6; i++) punts.push(await sw.fullPacketIn());
      const expected = (reason: number, one: Uint8Array, is_placed = true) =>
        expect.objectContaining({
          port: NET.clientPort,
          reason,
          frame: one,
          store: is_placed ? STORES[store] : 0,
          ...(is_placed && { passed: 1480 }),
        }) as unknown;
      expect(punts).toEqual(
        expect.arrayContaining([
          expected(PUNT.fragment, second, false),
          expected(PUNT.fragment, first, false),
          expected(PUNT.fragmentPassed, zeroth),
          ...rest.map((one) => expected(PUNT.fragment, one)),
        ]),
      );
    });

    test('after a gap go to the controller, which learns what has passed', async () => {
      const pieces = fragments(write(500));
      const late = pieces.splice(2, 1) as [Uint8Array];
      send(...pieces, ...late);
      await expectAtOneStore(pieces.slice(0, 2));
      for (const frame of [...pieces.slice(2), ...late]) {
        const punt = await sw.fullPacketIn();
        expect(punt).toMatchObject({ reason: PUNT.fragment, frame, passed: 2960 });
        expect(STORES).toContain(punt.store);
      }
    });

    test('the controller ends what it has sent', async () => {
      const pieces = fragments(write(600));
      const [zeroth, first, ...rest] = pieces as [Uint8Array, Uint8Array, ...Uint8Array[]];
      send(zeroth, ...rest, first);
      await expectAtOneStore([zeroth]);
      for (let i = 0; i < 5; i++) await sw.packetIn();
      const last = pieces[5] as Uint8Array;
      sw.packetOut(NET.storePorts[0], last, 'send_last');
      expect(await sw.receive(NET.storePorts[0])).toEqual(last);
      // The identification is free for another datagram, whose fragments pass without the controller.
      const next = fragments(write(601, { ipv4: { identification } }));
      send(...next);
      await expectAtOneStore(next);
    });

    test('a new zeroth fragment takes the identification over', async () => {
      const first = fragments(write(700));
      const second = fragments(write(701, { ipv4: { identification } }));
      send(first[0] as Uint8Array, first[1] as Uint8Array, ...second);
      await expectAtOneStore([first[0] as Uint8Array, first[1] as Uint8Array]);
      await expectAtOneStore(second);
    });

    test('of a pool for large frames all go to the controller', async () => {
      await sw.insert([poolPolicy('hash', { is_jumbo: true })]);
      const pieces = fragments(write(800));
      send(...pieces);
      const stores = new Set<number>();
      for (const frame of pieces) {
        const punt = await sw.fullPacketIn();
        expect(punt).toMatchObject({ reason: PUNT.fragment, frame, passed: 0 });
        stores.add(punt.store);
      }
      expect(stores.size).toBe(1);
      await sw.delete([poolPolicy('hash', { is_jumbo: true })]);
    });

    /** A later fragment of `length` octets. */
    const later = (xid: number, ipv4: Partial<Ipv4Packet>, length = 96) =>
      nfsCall({ xid, edit: () => new Uint8Array(length - 8), ipv4: { identification, ...ipv4 } });

    describe('what no honest sender sends', () => {
      test('octets that have passed before', async () => {
        const pieces = fragments(write(900));
        const again = pieces[1] as Uint8Array;
        await sw.expectDrop(DROP.fragmentOverlap, () =>
          send(...pieces.slice(0, 3), again, ...pieces.slice(3)),
        );
        await expectAtOneStore(pieces);
      });

      test('the zeroth fragment twice', async () => {
        const pieces = fragments(write(901));
        const zeroth = pieces[0] as Uint8Array;
        const counted = async (name: string) =>
          (await Promise.all(STORES.map((store) => sw.counter(name, store)))).reduce(
            (sum, { packets }) => sum + Number(packets),
            0,
          );
        const before = [await counted('store_requests'), await counted('store_new_requests')];
        await sw.expectDrop(DROP.fragmentRepeated, () => send(zeroth, zeroth, ...pieces.slice(1)));
        await expectAtOneStore(pieces);
        // The repeated one has not gone to the store, so it does not count.
        const after = [await counted('store_requests'), await counted('store_new_requests')];
        expect(after.map((count, i) => count - (before[i] ?? 0))).toEqual([1, 1]);
      });

      test('nor a zeroth fragment that the controller was to have: it counts for no store', async () => {
        await sw.insert([poolPolicy('hash', { is_jumbo: true })]);
        await sw.modify(clientRate(1n, 1n));
        const counted = async () =>
          (await Promise.all(STORES.map((store) => sw.counter('store_requests', store)))).reduce(
            (sum, { packets }) => sum + Number(packets),
            0,
          );
        const zeroth = (xid: number) => fragments(write(xid))[0] as Uint8Array;
        send(zeroth(940));
        expect((await sw.packetIn()).reason).toBe(PUNT.fragment);
        const before = await counted();
        await sw.expectDrop(DROP.clientRate, () => send(zeroth(941)));
        expect(await counted()).toBe(before);
        await sw.modify(clientRate());
        await sw.delete([poolPolicy('hash', { is_jumbo: true })]);
      });

      test('nor copies of zeroths that others had overtaken', async () => {
        await sw.modify(clientRate(1n, 1n));
        const [zeroth, first] = fragments(write(950)) as [Uint8Array, Uint8Array];
        send(first);
        expect((await sw.packetIn()).reason).toBe(PUNT.fragment);
        await sw.expectDrop(DROP.clientRate, () => send(zeroth));
        await sw.modify(clientRate());
      });

      test('more for the controller than a client may send it', async () => {
        const lone = (i: number) => later(920 + i, { fragmentOffset_bytes: 1480, identification: 9000 + i });
        await sw.modify(clientRate(1n, 2n));
        send(lone(0), lone(1));
        for (let i = 0; i < 2; i++) expect((await sw.packetIn()).frame).toEqual(lone(i));
        await sw.expectDrop(DROP.clientRate, () => send(lone(2)));
        // What needs no controller is not held back.
        const pieces = fragments(write(930));
        send(...pieces);
        await expectAtOneStore(pieces);
        // The one dropped has left no row: as a zeroth fragment came, it opens one.
        await sw.modify(clientRate());
        const dropped = fragments(write(931, { ipv4: { identification: 9002 } }));
        send(...dropped);
        await expectAtOneStore(dropped);
        send(lone(3));
        expect((await sw.packetIn()).frame).toEqual(lone(3));
      });

      test('a zeroth fragment without its headers', async () => {
        const [tiny] = fragments(write(902), 68);
        await sw.expectDrop(DROP.tinyFragment, () => send(tiny as Uint8Array));
      });

      test.each([
        ['beyond the datagram’s end', { fragmentOffset_bytes: 9000 }],
        ['beyond what IP can carry', { fragmentOffset_bytes: 65520 }],
        ['that end it too early', { fragmentOffset_bytes: 1480, moreFragments: false }],
      ])('octets %s', async (_name, ipv4) => {
        const zeroth = fragments(write(903))[0] as Uint8Array;
        await sw.expectDrop(DROP.fragmentBeyond, () => send(zeroth, later(903, ipv4)));
        await expectAtOneStore([zeroth]);
      });

      test('a middle fragment that is no multiple of eight octets', async () => {
        const zeroth = fragments(write(910))[0] as Uint8Array;
        const odd = later(910, { fragmentOffset_bytes: 1480, moreFragments: true }, 101);
        await sw.expectDrop(DROP.fragmentBeyond, () => send(zeroth, odd));
        await expectAtOneStore([zeroth]);
      });

      test('fragments of a TCP segment', async () => {
        const segment = fragments(tcpSegment(999), 28);
        await sw.expectDrop(DROP.fragmentedRequest, () => send(segment[1] as Uint8Array));
      });
    });
  });
});
