import type { Ipv4Packet } from '../../src/wire/ipv4';
import { targets } from '../targets';
import {
  clientKnown,
  clientRate,
  clientRoute,
  DROP,
  drawEntries,
  poolPolicy,
  PUNT,
  slotEntries,
  STORES,
} from './entries';
import { PacketTest } from './harness';
import { fragments, NET, nfsCall, nfsReply, rewritten, tcpSegment } from './packets';

const WRITE = 7;
/** Packets per second: none becomes due again while a test runs. */
const SLOWLY = 0.1;
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
    /** What the test has changed is put back whether it fails or not: the next one begins as this one did. */
    let is_jumbo = false;
    afterEach(async () => {
      await sw.modify(clientRate());
      if (is_jumbo) await sw.delete([poolPolicy('hash', { is_jumbo: true })]);
      is_jumbo = false;
      await sw.expectSilence();
    });
    async function makeJumbo(): Promise<void> {
      await sw.insert([poolPolicy('hash', { is_jumbo: true })]);
      is_jumbo = true;
    }

    /** A WRITE of 8 KiB: six fragments. */
    const write = (xid: number, options: Parameters<typeof nfsCall>[0] = {}) =>
      nfsCall({
        xid,
        procedure: WRITE,
        data: DATA,
        ...options,
        ipv4: { identification: ++identification, ...options.ipv4 },
      });

    /** Another client with each call: what one owes outlasts its test. */
    let clients = 0;
    const newClient = () => ({ addresses: { source: `10.0.1.${50 + ++clients}` } });

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

    test('the end of an older datagram leaves the newer one of its identification alone', async () => {
      // A row lives 100 ms. On a machine so busy that the newer one's ended by itself, others are tried.
      let punts: unknown[] = [];
      for (let xid = 610; xid < 650; xid += 2) {
        const [zeroth, first, ...rest] = fragments(write(xid)) as [Uint8Array, Uint8Array, ...Uint8Array[]];
        const [newZeroth, ...newRest] = fragments(write(xid + 1, { ipv4: { identification } })) as [
          Uint8Array,
          ...Uint8Array[],
        ];
        send(zeroth, ...rest, first);
        const store = await expectAtOneStore([zeroth]);
        for (let i = 0; i < 5; i++) await sw.packetIn();
        send(newZeroth);
        await expectAtOneStore([newZeroth]);
        sw.packetOut(NET.storePorts[store], rest.at(-1) as Uint8Array, 'send_last');
        await sw.receive(NET.storePorts[store]);
        send(...newRest);
        punts = await sw.packetIns();
        if (punts.length === 0) {
          await expectAtOneStore(newRest);
          return;
        }
        await sw.drain();
      }
      expect(punts).toEqual([]);
    });

    test('a new zeroth fragment takes the identification over', async () => {
      const first = fragments(write(700));
      const second = fragments(write(701, { ipv4: { identification } }));
      send(first[0] as Uint8Array, first[1] as Uint8Array, ...second);
      await expectAtOneStore([first[0] as Uint8Array, first[1] as Uint8Array]);
      await expectAtOneStore(second);
    });

    test('of a pool for large frames all go to the controller', async () => {
      await makeJumbo();
      const pieces = fragments(write(800));
      send(...pieces);
      const stores = new Set<number>();
      for (const frame of pieces) {
        const punt = await sw.fullPacketIn();
        expect(punt).toMatchObject({ reason: PUNT.fragment, frame, passed: 0 });
        stores.add(punt.store);
      }
      expect(stores.size).toBe(1);
    });

    describe('a client’s share of the controller is decided for whole requests', () => {
      const limited = () => sw.counter('StoreswitchIngress.verdict.drop_counter', DROP.clientRate);
      const ids = (frames: Uint8Array[]) =>
        frames.map((frame) => Buffer.from(frame.subarray(18, 22)).toString('hex'));

      const punted = async () => (await sw.packetIns()).map(({ frame }) => frame);

      test('of a pool for large frames', async () => {
        await makeJumbo();
        const client = newClient();
        // Seven at once: the second request begins while one is left.
        await sw.modify(clientRate(SLOWLY, 7));
        const before = await limited();
        const requests = [810, 811, 812].map((xid) => fragments(write(xid, client)));
        send(...requests.flat());
        const frames = await punted();
        expect(ids(frames)).toEqual(ids(requests.slice(0, 2).flat()));
        expect((await limited()).packets - before.packets).toBe(6n);
      });

      test('after a gap, but no more than the request can have', async () => {
        const client = newClient();
        await sw.modify(clientRate(SLOWLY, 1));
        const before = await limited();
        const [zeroth, first, ...rest] = fragments(write(820, client)) as [Uint8Array, Uint8Array];
        send(zeroth, ...rest, first);
        await expectAtOneStore([zeroth]);
        expect(ids(await punted())).toEqual(ids([...rest, first]));
        expect((await limited()).packets).toBe(before.packets);
        send(...rest);
        expect(await punted()).toEqual([]);
        expect((await limited()).packets - before.packets).toBe(4n);
      });
    });

    describe('count at their store', () => {
      const FILE = { fileHandle: new Uint8Array(32).fill(0x21) };
      let xid = 5000;

      beforeAll(() =>
        sw.insert([poolPolicy('least_of_2'), ...drawEntries((position) => (position % 2) as 0 | 1)]),
      );
      afterAll(() => sw.delete([poolPolicy('least_of_2'), ...drawEntries(() => 0)]));

      const counted = async (name: string) =>
        (await Promise.all(STORES.map((store) => sw.counter(name, store)))).reduce(
          (sum, { packets }) => sum + Number(packets),
          0,
        );
      /** New requests and those that were answered. */
      const counts = async () => [await counted('store_new_requests'), await counted('store_answered')];
      async function grown(since: number[]): Promise<number[]> {
        return (await counts()).map((count, i) => count - (since[i] ?? 0));
      }

      async function answer(store: 0 | 1, answered: number): Promise<void> {
        sw.send(NET.storePorts[store], nfsReply(store, { xid: answered }));
        await sw.receive(NET.clientPort);
      }

      /** How many of so many reads, each answered at once, each store gets. */
      async function reads(count: number): Promise<[number, number]> {
        const at: [number, number] = [0, 0];
        for (let i = 0; i < count; i++) {
          const call = { xid: xid++ };
          send(nfsCall(call));
          const { port } = await sw.receiveAny(NET.storePorts);
          const store = port === NET.storePorts[0] ? 0 : 1;
          at[store] += 1;
          await answer(store, call.xid);
        }
        return at;
      }

      async function sendWrite(call: { xid: number }): Promise<0 | 1> {
        const pieces = fragments(write(call.xid, FILE));
        send(...pieces);
        return expectAtOneStore(pieces);
      }

      test('once all of them have passed, and until they are answered', async () => {
        const before = await counts();
        const call = { xid: xid++ };
        const store = await sendWrite(call);
        expect(await sendWrite(call)).toBe(store);
        expect(await grown(before)).toEqual([1, 0]);
        expect((await reads(12))[store]).toBe(0);
        await answer(store, call.xid);
        expect(await grown(before)).toEqual([13, 13]);
        expect(Math.min(...(await reads(40)))).toBeGreaterThan(4);
      });

      test('zeroth fragments alone do not: nobody’s reads go elsewhere', async () => {
        const before = await counts();
        for (let i = 0; i < 50; i++) {
          const [zeroth] = fragments(write(xid++, FILE));
          send(zeroth as Uint8Array);
          await expectAtOneStore([zeroth as Uint8Array]);
        }
        expect(await grown(before)).toEqual([0, 0]);
        expect(Math.min(...(await reads(40)))).toBeGreaterThan(4);
      });

      test('a response to what nobody saw pass whole takes away nothing that was not added', async () => {
        const whole = { xid: xid++ };
        const store = await sendWrite(whole);
        const partial = xid++;
        const before = await counts();
        const [zeroth, ...rest] = fragments(write(partial, FILE)) as [Uint8Array, ...Uint8Array[]];
        send(zeroth);
        expect(await expectAtOneStore([zeroth])).toBe(store);
        await answer(store, partial);
        expect(await grown(before)).toEqual([1, 1]);
        // Nor does what passes then.
        send(...rest);
        for (const frame of rest) {
          expect((await sw.receive(NET.storePorts[store])).subarray(14)).toEqual(frame.subarray(14));
        }
        expect(await grown(before)).toEqual([1, 1]);
        expect((await reads(12))[store]).toBe(0);
        await answer(store, whole.xid);
      });

      /** A new request whose fragments the controller has, but for the zeroth. */
      async function slowWrite() {
        const call = { xid: xid++ };
        const [zeroth, first, ...rest] = fragments(write(call.xid, FILE)) as [
          Uint8Array,
          Uint8Array,
          ...Uint8Array[],
        ];
        send(zeroth, ...rest, first);
        const store = await expectAtOneStore([zeroth]);
        for (let i = 0; i < 5; i++) await sw.packetIn();
        const sendLast = async (...operations: ('send' | 'send_last')[]) => {
          for (const operation of operations) {
            sw.packetOut(NET.storePorts[store], rest.at(-1) as Uint8Array, operation);
            await sw.receive(NET.storePorts[store]);
          }
        };
        return { store, sendLast, answer: () => answer(store, call.xid) };
      }

      test('what the controller has sent only some of does not', async () => {
        const before = await counts();
        const request = await slowWrite();
        await request.sendLast('send');
        expect(await grown(before)).toEqual([0, 0]);
        await request.answer();
      });

      test('what the controller has sent the last of does', async () => {
        let before = await counts();
        let request = await slowWrite();
        await request.sendLast('send', 'send_last', 'send_last');
        // A row lives 100 ms. On a machine so busy that it ended by itself, another request is tried.
        for (let tries = 1; tries < 20 && (await grown(before))[0] === 0; tries++) {
          await request.answer();
          before = await counts();
          request = await slowWrite();
          await request.sendLast('send', 'send_last', 'send_last');
        }
        expect(await grown(before)).toEqual([1, 0]);
        expect((await reads(12))[request.store]).toBe(0);
        await request.answer();
        expect(await grown(before)).toEqual([13, 13]);
      });

      test('a whole request that was begun in fragments does', async () => {
        const before = await counts();
        const call = { xid: xid++, procedure: WRITE, data: new Uint8Array(200), ...FILE };
        const [zeroth] = fragments(nfsCall({ ...call, ipv4: { identification: ++identification } }), 172);
        send(zeroth as Uint8Array);
        const store = await expectAtOneStore([zeroth as Uint8Array]);
        send(nfsCall(call), nfsCall(call));
        for (let i = 0; i < 2; i++) await sw.receive(NET.storePorts[store]);
        expect(await grown(before)).toEqual([1, 0]);
        await answer(store, call.xid);
      });
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
        await makeJumbo();
        await sw.modify(clientRate(SLOWLY, 1));
        const counted = async () =>
          (await Promise.all(STORES.map((store) => sw.counter('store_requests', store)))).reduce(
            (sum, { packets }) => sum + Number(packets),
            0,
          );
        const client = newClient();
        const zeroth = (xid: number) => fragments(write(xid, client))[0] as Uint8Array;
        send(zeroth(940));
        expect((await sw.packetIn()).reason).toBe(PUNT.fragment);
        const before = await counted();
        await sw.expectDrop(DROP.clientRate, () => send(zeroth(941)));
        expect(await counted()).toBe(before);
      });

      test('nor copies of zeroths that others had overtaken', async () => {
        await sw.modify(clientRate(SLOWLY, 1));
        const [zeroth, first] = fragments(write(950, newClient())) as [Uint8Array, Uint8Array];
        await sw.expectDrop(DROP.clientRate, () => send(first, zeroth));
        expect((await sw.packetIn()).frame).toEqual(first);
      });

      test('more for the controller than a client may send it', async () => {
        const client = newClient();
        const lone = (i: number) =>
          nfsCall({
            ...client,
            edit: () => new Uint8Array(88),
            ipv4: { fragmentOffset_bytes: 1480, identification: 9000 + i },
          });
        await sw.modify(clientRate(SLOWLY, 2));
        send(lone(0), lone(1));
        for (let i = 0; i < 2; i++) expect((await sw.packetIn()).frame).toEqual(lone(i));
        await sw.expectDrop(DROP.clientRate, () => send(lone(2)));
        // What needs no controller is not held back.
        const pieces = fragments(write(930, client));
        send(...pieces);
        await expectAtOneStore(pieces);
        // The one dropped has left no row: as a zeroth fragment came, it opens one.
        await sw.modify(clientRate());
        const dropped = fragments(write(931, { ...client, ipv4: { identification: 9002 } }));
        send(...dropped);
        await expectAtOneStore(dropped);
        send(lone(3));
        expect((await sw.packetIn()).frame).toEqual(lone(3));
      });

      test('rows that are left open beyond a client’s share; what passes gives its row back', async () => {
        const [client, other] = [newClient(), newClient()];
        await sw.modify(clientRate(SLOWLY, 2));
        for (let xid = 960; xid < 966; xid++) {
          const pieces = fragments(write(xid, client));
          send(...pieces);
          await expectAtOneStore(pieces);
        }
        const zeroth = (xid: number, one = client) => fragments(write(xid, one))[0] as Uint8Array;
        for (const frame of [zeroth(970), zeroth(971)]) {
          send(frame);
          await expectAtOneStore([frame]);
        }
        await sw.expectDrop(DROP.clientRate, () => send(zeroth(972)));
        const theirs = zeroth(973, other);
        send(theirs);
        await expectAtOneStore([theirs]);
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
