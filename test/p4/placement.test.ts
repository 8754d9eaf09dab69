import { decodeEthernet, encodeEthernet } from '../../src/wire/ethernet';
import { concat } from '../../src/wire/field';
import { decodeIpv4, encodeIpv4 } from '../../src/wire/ipv4';
import { AUTH_FLAVOR } from '../../src/wire/rpc';
import { TCP_FLAG } from '../../src/wire/tcp';
import { XdrWriter } from '../../src/wire/xdr';
import { targets } from '../targets';
import {
  capability,
  clientKnown,
  clientRoute,
  DROP,
  drawEntries,
  exportEntry,
  OTHER_POOL,
  poolPolicy,
  PUNT,
  SERVICE,
  slotEntries,
  storeDown,
  STORES,
} from './entries';
import { PacketTest } from './harness';
import { FILE_HANDLE, NET, nfsCall, nfsReply, rewritten, tcpSegment, type CallOptions } from './packets';

const [GETATTR, WRITE, COMMIT, REMOVE] = [1, 7, 21, 12];
const NLM = 100021;
const AUTH_TLS = 7;

describe.each(targets)('placement on $name', (kind) => {
  const group = kind.skipped === undefined ? describe : describe.skip;
  const title = kind.skipped ?? 'of requests';

  group(title, () => {
    let sw: PacketTest;
    let xid = 100;

    beforeAll(async () => {
      sw = await PacketTest.start(kind);
      await sw.insert(slotEntries((slot) => (slot % 2) as 0 | 1));
      await sw.insert([clientRoute(), clientKnown()]);
    });
    afterAll(() => sw.stop());
    afterEach(() => sw.expectSilence());

    /** Which store a call reaches, which answers at once unless told otherwise: nothing is left outstanding. */
    async function place(options: CallOptions, is_answered = true): Promise<0 | 1> {
      const call = { xid: xid++, ...options };
      const frame = nfsCall(call);
      sw.send(NET.clientPort, frame);
      const { port, frame: out } = await sw.receiveAny(NET.storePorts);
      const store = port === NET.storePorts[0] ? 0 : 1;
      expect(out).toEqual(rewritten(frame, NET.storeMacs[store], NET.internalMacs[store]));
      if (is_answered) await answer(store, call);
      return store;
    }

    async function answer(store: 0 | 1, call: CallOptions): Promise<void> {
      const { xid: answered = 0, clientPort = 700 } = call;
      sw.send(NET.storePorts[store], nfsReply(store, { xid: answered, clientPort }));
      await sw.receive(NET.clientPort);
    }

    async function stores(calls: readonly CallOptions[]): Promise<(0 | 1)[]> {
      const all: (0 | 1)[] = [];
      for (const call of calls) all.push(await place(call));
      return all;
    }
    const getattrs = (count: number): CallOptions[] => Array.from({ length: count }, () => ({}));

    describe('by policy', () => {
      afterEach(() => sw.delete([poolPolicy('hash')]));

      test('round-robin takes turns, and a store that is down loses its own', async () => {
        await sw.insert([poolPolicy('round_robin'), ...drawEntries((position) => (position % 2) as 0 | 1)]);
        const turns = await stores(getattrs(8));
        const [first = 0] = turns;
        expect(turns).toEqual(turns.map((_, i) => (first + i) % 2));
        await sw.insert([storeDown(0)]);
        expect(await stores(getattrs(4))).toEqual([1, 1, 1, 1]);
        await sw.delete([storeDown(0)]);
        await sw.delete(drawEntries(() => 0));
      });

      test('random takes any', async () => {
        await sw.insert([poolPolicy('random'), ...drawEntries((position) => (position % 2) as 0 | 1)]);
        expect(new Set(await stores(getattrs(24))).size).toBe(2);
        await sw.delete(drawEntries(() => 0));
      });

      test('by-object and by-client keep what belongs together', async () => {
        await sw.insert([poolPolicy('by_object')]);
        const one = await stores(getattrs(8));
        expect(new Set(one).size).toBe(1);
        const files = Array.from({ length: 16 }, (_, i) => ({ fileHandle: new Uint8Array(32).fill(i) }));
        expect(new Set(await stores(files)).size).toBe(2);
        await sw.modify([poolPolicy('by_client')]);
        expect(new Set(await stores(files.map((file, i) => ({ ...file, clientPort: 900 + i })))).size).toBe(
          1,
        );
      });

      test.each(['least_of_2', 'least_of_4'] as const)('%s prefers who has answered', async (policy) => {
        await sw.insert([poolPolicy(policy), ...drawEntries(() => 0)]);
        const open: [0 | 1, CallOptions][] = [];
        for (let i = 0; i < 8; i++) {
          const call = { xid: xid++ };
          open.push([await place(call, false), call]);
        }
        expect(open.map(([store]) => store)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
        // Nobody answers but store 1, which then gets as many as it has answered.
        for (const [store, call] of open) if (store === 1) await answer(store, call);
        for (let i = 0; i < 4; i++) {
          const call = { xid: xid++ };
          open.push([await place(call, false), call]);
        }
        expect(open.slice(8).map(([store]) => store)).toEqual([1, 1, 1, 1]);
        for (const [i, [store, call]] of open.entries()) if (store === 0 || i >= 8) await answer(store, call);
        await sw.delete(drawEntries(() => 0));
      });

      test('a retransmission is no second request', async () => {
        await sw.insert([poolPolicy('least_of_2'), ...drawEntries(() => 0)]);
        const call = { xid: xid++ };
        for (let i = 0; i < 5; i++) expect(await place(call, false)).toBe(0);
        expect(await place({})).toBe(1);
        // It is outstanding once.
        await answer(0, call);
        expect(await place({})).toBe(0);
        await sw.delete(drawEntries(() => 0));
      });

      test('what is not idempotent is placed as ever', async () => {
        const changes = Array.from({ length: 12 }, () => ({ xid: xid++, procedure: REMOVE }));
        await sw.insert([poolPolicy('round_robin'), ...drawEntries(() => 1)]);
        expect(new Set(await stores(changes)).size).toBe(2);
        await sw.delete(drawEntries(() => 0));
      });
    });

    describe('by capability', () => {
      test('an export and a procedure may have pools of their own; the higher row counts', async () => {
        await sw.insert(slotEntries(() => 1, OTHER_POOL));
        const fileHandle = Uint8Array.from(FILE_HANDLE, (octet, i) => (i < 4 ? 0x43 : octet));
        const rows = [
          exportEntry(Buffer.from(fileHandle.subarray(0, 4)).toString('hex'), 7),
          capability({ export_id: 7 }, OTHER_POOL, 2),
          capability({ procedure_id: REMOVE }, OTHER_POOL, 1),
        ];
        await sw.insert(rows);
        const calls = (options: CallOptions) => Array.from({ length: 8 }, () => options);
        expect(await stores(calls({ fileHandle }))).toEqual(new Array(8).fill(1));
        expect(await stores(calls({ procedure: REMOVE }))).toEqual(new Array(8).fill(1));
        expect(new Set(await stores(calls({}))).size).toBe(2);
        await sw.delete(rows);
        await sw.delete(slotEntries(() => 1, OTHER_POOL));
      });
    });

    describe('of locks', () => {
      const lock = (
        procedure: number,
        flags: number,
        fileHandle: Uint8Array,
        caller = 'client-1',
        cookie = 8,
      ) => {
        const args = new XdrWriter().opaque(new Uint8Array(cookie).fill(5));
        for (let i = 0; i < flags; i++) args.uint32(1);
        args
          .opaque(new TextEncoder().encode(caller))
          .opaque(fileHandle)
          .opaque(Uint8Array.of(1, 2))
          .uint32(77);
        return { program: NLM, version: 4, procedure, args: args.finish() };
      };

      test('goes where the file’s WRITE and COMMIT go', async () => {
        const seen = new Set<number>();
        for (let file = 0; file < 12; file++) {
          const fileHandle = Uint8Array.from(FILE_HANDLE, (octet, i) => (i === 40 ? file : octet));
          const home = await place({ procedure: WRITE, fileHandle });
          expect(await place({ procedure: COMMIT, fileHandle })).toBe(home);
          for (const [procedure, flags] of [
            [1, 1],
            [2, 2],
            [3, 2],
            [4, 0],
            [7, 2],
            [20, 0],
          ] as const) {
            expect(await place(lock(procedure, flags, fileHandle))).toBe(home);
          }
          expect(await place(lock(2, 2, fileHandle, 'a-name-of-odd-length-x', 3))).toBe(home);
          seen.add(home);
        }
        expect(seen.size).toBe(2);
      });

      test('whose handle is out of reach stay with one store per client', async () => {
        const handles = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(i));
        expect(new Set(await stores(handles.map((one) => lock(2, 2, one, 'x'.repeat(300))))).size).toBe(1);
        expect(new Set(await stores(handles.map((one) => lock(2, 2, one, 'x', 100)))).size).toBe(1);
      });
    });

    describe('of what nobody else can read', () => {
      const gss = { flavor: AUTH_FLAVOR.rpcsecGss, body: new Uint8Array(20).fill(2) };
      const contextCalls = [0, 1, 3, 6, 7, 12].flatMap((procedure) =>
        [700, 701].map((clientPort) => ({ procedure, credential: gss, clientPort })),
      );

      test('a security context stays with one store, whatever is called', async () => {
        expect(new Set(await stores(contextCalls)).size).toBe(1);
      });

      test('a security context stays whole where procedures have pools of their own', async () => {
        await sw.insert(slotEntries(() => 1, OTHER_POOL));
        const rows = [REMOVE, 0].map((procedure_id) => capability({ procedure_id }, OTHER_POOL, 1));
        await sw.insert(rows);
        expect(await stores(contextCalls)).toEqual(contextCalls.map(() => 1));
        await sw.delete(rows);
        await sw.delete(slotEntries(() => 1, OTHER_POOL));
      });

      /** Records of RFC 9147 in the place of RPC messages. */
      const record = (first: readonly number[], length: number) => (): Uint8Array =>
        Uint8Array.from({ length }, (_, i) => first[i] ?? (i * 37 + 11) & 0xff);
      const records = {
        // A ClientHello whose length looks like RPC version 2.
        hello: record([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x40], 589),
        'short hello': record([22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80], 141),
        'data of DTLS 1.2': record([23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 0x80], 141),
        'data of DTLS 1.3': record([0x2f, 0x01, 0x02, 0x00, 0x80], 133),
      };

      test('what asks for TLS and what is encrypted then go to one store for each client port', async () => {
        const reached = new Set<number>();
        for (let clientPort = 800; clientPort < 816; clientPort++) {
          const credential = { flavor: AUTH_TLS, body: new Uint8Array(0) };
          const args = new Uint8Array(0);
          const home = await place({ clientPort, procedure: 0, credential, args });
          for (const edit of Object.values(records))
            expect(await place({ clientPort, edit }, false)).toBe(home);
          reached.add(home);
        }
        expect(reached.size).toBe(2);
      });

      test('a security context stays whole, also with xids that look like records', async () => {
        const calls = contextCalls.map((call, i) => ({ ...call, xid: 0x16fefd00 + i }));
        expect(new Set(await stores(calls)).size).toBe(1);
      });

      test('rules do not part what asks for TLS from what is encrypted', async () => {
        const rows = [capability({ procedure_id: 0 }, OTHER_POOL, 1)];
        await sw.insert([...slotEntries(() => 1, OTHER_POOL), ...rows]);
        const credential = { flavor: AUTH_TLS, body: new Uint8Array(0) };
        for (let clientPort = 820; clientPort < 832; clientPort++) {
          const home = await place({ clientPort, procedure: 0, credential, args: new Uint8Array(0) });
          expect(await place({ clientPort, edit: records['data of DTLS 1.2'] }, false)).toBe(home);
        }
        await sw.delete([...slotEntries(() => 1, OTHER_POOL), ...rows]);
      });

      test('a call whose xid looks like a record is a call', async () => {
        const files = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(i));
        for (const fileHandle of files) {
          const home = await place({ procedure: WRITE, fileHandle });
          expect(await place({ procedure: COMMIT, fileHandle, xid: 0x16fefd00 })).toBe(home);
        }
      });
    });

    describe('of sessions', () => {
      const { syn, ack } = TCP_FLAG;

      async function session(clientPort: number, flags: number): Promise<0 | 1> {
        const frame = tcpSegment(clientPort, flags);
        sw.send(NET.clientPort, frame);
        const { port, frame: out } = await sw.receiveAny(NET.storePorts);
        const store = port === NET.storePorts[0] ? 0 : 1;
        expect(out).toEqual(rewritten(frame, NET.storeMacs[store], NET.internalMacs[store]));
        // The controller is shown where it begins.
        if (flags === syn) expect((await sw.packetIn()).reason).toBe(PUNT.session);
        return store;
      }
      const slotsOf = (store: 0 | 1) => sw.modify(slotEntries(() => store));

      afterEach(() => sw.modify(slotEntries((slot) => (slot % 2) as 0 | 1)));

      test('a connection stays at its store through slot rewrites; a new one from the same port need not', async () => {
        await slotsOf(0);
        for (const clientPort of [40000, 40001]) expect(await session(clientPort, syn)).toBe(0);
        await slotsOf(1);
        for (const clientPort of [40000, 40001]) expect(await session(clientPort, ack)).toBe(0);
        expect(await session(40000, syn)).toBe(1);
        expect(await session(40000, ack)).toBe(1);
        expect(await session(40001, ack)).toBe(0);
        expect(await session(40002, syn)).toBe(1);
      });

      test('a connection whose store is down goes to another, and is not torn back', async () => {
        await slotsOf(0);
        expect(await session(40010, syn)).toBe(0);
        await sw.insert([storeDown(0)]);
        expect(await session(40010, ack)).toBe(1);
        await sw.delete([storeDown(0)]);
        expect(await session(40010, ack)).toBe(1);
      });

      test('a connection that began before the switch knew it stays where it is from then on', async () => {
        await slotsOf(1);
        expect(await session(40020, ack)).toBe(1);
        await slotsOf(0);
        expect(await session(40020, ack)).toBe(1);
      });

      test('sessions are no requests: nothing is outstanding or repeated', async () => {
        const counts = async () => [
          (await sw.counter('service_retransmissions', SERVICE.nfsTcp)).packets,
          (await sw.counter('store_new_requests', STORES[0])).packets,
          (await sw.counter('store_new_requests', STORES[1])).packets,
        ];
        const before = await counts();
        await session(40030, syn);
        await session(40030, ack);
        expect(await counts()).toEqual(before);
      });
    });

    describe('of one xid used twice', () => {
      const reused = { xid: 77, clientPort: 750 };

      test('WRITEs and COMMITs of a file meet all the same', async () => {
        const files = Array.from({ length: 12 }, (_, i) => new Uint8Array(32).fill(100 + i));
        const written = await stores(
          files.map((fileHandle) => ({ ...reused, procedure: WRITE, fileHandle })),
        );
        expect(new Set(written).size).toBe(2);
        const committed = files.map((fileHandle) => ({ ...reused, procedure: COMMIT, fileHandle }));
        expect(await stores(committed)).toEqual(written);
      });

      test('a request for another export goes to the stores that have it, whatever that xid was before', async () => {
        const [EXPORT, HANDLE] = [7, new Uint8Array(32).fill(0xbb)];
        const rows = [exportEntry('bb', EXPORT), capability({ export_id: EXPORT }, OTHER_POOL, 5)];
        await sw.modify(slotEntries(() => 0));
        await sw.insert([...slotEntries(() => 1, OTHER_POOL), ...rows]);
        for (const procedure of [GETATTR, REMOVE]) {
          expect(await place({ ...reused, procedure })).toBe(0);
          const other = { ...reused, procedure, fileHandle: HANDLE };
          expect(await place(other)).toBe(1);
          // And a repetition of it too.
          expect(await place(other)).toBe(1);
        }
        await sw.delete([...slotEntries(() => 1, OTHER_POOL), ...rows]);
        await sw.modify(slotEntries((slot) => (slot % 2) as 0 | 1));
      });

      test('a response is that of the request which waits for one', async () => {
        await sw.insert(slotEntries(() => 1, OTHER_POOL));
        const rows = [capability({ procedure_id: REMOVE }, OTHER_POOL, 1)];
        await sw.insert([...rows, poolPolicy('round_robin'), ...drawEntries(() => 0)]);
        expect(await place(reused)).toBe(0);
        const before = await Promise.all(STORES.map((store) => sw.counter('store_responses', store)));
        expect(await place({ ...reused, procedure: REMOVE })).toBe(1);
        const after = await Promise.all(STORES.map((store) => sw.counter('store_responses', store)));
        expect(after.map(({ packets }, i) => packets - (before[i]?.packets ?? 0n))).toEqual([0n, 1n]);
        await sw.delete([...rows, poolPolicy('hash'), ...drawEntries(() => 0)]);
        await sw.delete(slotEntries(() => 1, OTHER_POOL));
      });

      test('responses answer what their own store was asked, in whatever order they come', async () => {
        await sw.insert(slotEntries(() => 1, OTHER_POOL));
        const rows = [capability({ procedure_id: REMOVE }, OTHER_POOL, 1)];
        await sw.insert([...rows, poolPolicy('round_robin'), ...drawEntries(() => 0)]);
        const call = (options: Parameters<typeof nfsCall>[0]) => sw.send(NET.clientPort, nfsCall(options));
        const answered = async () => {
          const counters = await Promise.all(STORES.map((store) => sw.counter('store_answered', store)));
          return counters.map(({ packets }) => Number(packets));
        };
        const [before] = [await answered()];
        const grown = async () => (await answered()).map((count, i) => count - (before[i] ?? 0));
        const twice = { xid: 78, clientPort: 750 };
        call(twice);
        await sw.receive(NET.storePorts[0]);
        call({ ...twice, procedure: REMOVE });
        await sw.receive(NET.storePorts[1]);
        for (const [store, expected] of [
          [1, [0, 1]],
          [1, [0, 1]],
          [0, [1, 1]],
        ] as const) {
          sw.send(NET.storePorts[store], nfsReply(store, twice));
          await sw.receive(NET.clientPort);
          expect(await grown()).toEqual(expected);
        }
        const strange = await sw.counter('unexpected_responses', 0);
        call({ xid: 79, clientPort: 750 });
        await sw.receive(NET.storePorts[0]);
        sw.send(NET.storePorts[1], nfsReply(1, { xid: 79, clientPort: 750 }));
        await sw.receive(NET.clientPort);
        expect(await grown()).toEqual([1, 1]);
        expect((await sw.counter('unexpected_responses', 0)).packets - strange.packets).toBe(1n);
        await sw.delete([...rows, poolPolicy('hash'), ...drawEntries(() => 0)]);
        await sw.delete(slotEntries(() => 1, OTHER_POOL));
      });
    });

    describe('by what the packet holds, not by what pads it', () => {
      /** The call's frame with an IP packet that ends `octets` into the UDP payload; the rest is the link's padding. */
      function endingAfter(
        octets: number,
        call: CallOptions,
        { isFragment = false, udp = 0 } = {},
      ): Uint8Array {
        const frame = nfsCall(call);
        const ethernet = decodeEthernet(frame);
        const packet = ethernet && decodeIpv4(ethernet.payload);
        if (ethernet === undefined || packet === undefined) throw new Error('not an IPv4 frame');
        const payload = Uint8Array.from(packet.payload.subarray(0, 8 + octets));
        if (udp !== 0) new DataView(payload.buffer).setUint16(4, udp);
        const cut = encodeIpv4({ ...packet, payload, moreFragments: isFragment });
        return encodeEthernet({ ...ethernet, payload: concat(cut, packet.payload.subarray(8 + octets)) });
      }
      const messageOctets = (call: CallOptions): number => nfsCall(call).length - 14 - 20 - 8;

      test.each([16, 24, 32, 40, 48])('a zeroth fragment of %i octets is too small', async (octets) => {
        const call = { xid: xid++, procedure: WRITE, data: new Uint8Array(100) };
        const frame = endingAfter(octets, call, { isFragment: true });
        await sw.expectDrop(DROP.tinyFragment, () => sw.send(NET.clientPort, frame));
      });

      test.each([0, 8])('a zeroth fragment with %i octets of RPC is none', async (octets) => {
        const call = { xid: xid++, procedure: WRITE, data: new Uint8Array(100) };
        const frame = endingAfter(octets, call, { isFragment: true });
        await sw.expectDrop(DROP.notRpcCall, () => sw.send(NET.clientPort, frame));
      });

      test('a whole packet must hold what it says', async () => {
        const call = { xid: xid++, procedure: WRITE, data: new Uint8Array(100) };
        for (const frame of [
          endingAfter(40, call, { udp: 48 }),
          endingAfter(messageOctets(call) - 104, call, { udp: 8 + messageOctets(call) - 104 }),
          endingAfter(messageOctets(call), call, { udp: 9999 }),
          endingAfter(messageOctets(call), call, { udp: 7 }),
          endingAfter(messageOctets(call), call, { udp: 48 }),
        ])
          await sw.expectDrop(DROP.malformed, () => sw.send(NET.clientPort, frame));
      });

      test('padding itself does no harm', async () => {
        const call = { xid: xid++ };
        const frame = concat(nfsCall(call), new Uint8Array(12).fill(0xee));
        sw.send(NET.clientPort, frame);
        const { port, frame: out } = await sw.receiveAny(NET.storePorts);
        const store = port === NET.storePorts[0] ? 0 : 1;
        expect(out).toEqual(rewritten(frame, NET.storeMacs[store], NET.internalMacs[store]));
        await answer(store, call);
      });
    });
  });
});
