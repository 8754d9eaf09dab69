import { targets } from '../targets';
import { clientKnown, clientRoute, NFS_SERVICE, PUNT, SERVICE, slotEntries, STORES } from './entries';
import { PacketTest } from './harness';
import { NET, nfsCall, nfsReply } from './packets';

/** Response times of at most 1 ms, and others. */
const MILLISECOND_BUCKETS = [
  { prefix: 0, length: 22, number: 1 },
  { prefix: 0, length: 0, number: 2 },
];
const SERIES = 5;
const BUCKETS = 64;
const GETATTR = 1;

describe.each(targets)('records on $name', (kind) => {
  const group = kind.skipped === undefined ? describe : describe.skip;
  const title = kind.skipped ?? 'of requests and responses';

  group(title, () => {
    let sw: PacketTest;

    beforeAll(async () => {
      sw = await PacketTest.start(kind);
      await sw.insert([...slotEntries(() => 0), clientRoute(), clientKnown()]);
      await sw.insert([
        {
          table: 'series',
          match: {
            service_id: { kind: 'exact', value: BigInt(SERVICE.nfsUdp) },
            procedure_id: { kind: 'exact', value: BigInt(GETATTR) },
            store_id: { kind: 'exact', value: BigInt(STORES[0]) },
          },
          action: { name: 'set_series', params: { number: BigInt(SERIES) } },
        },
        ...MILLISECOND_BUCKETS.map(({ prefix, length, number }) => ({
          table: 'response_time_bucket',
          match:
            length === 0
              ? {}
              : { elapsed_us: { kind: 'lpm', value: BigInt(prefix), prefix_length: length } as const },
          action: { name: 'set_bucket', params: { number: BigInt(number) } },
        })),
      ]);
    });
    afterAll(() => sw.stop());
    afterEach(() => sw.expectSilence());

    async function exchange(xid: number): Promise<{ call: Uint8Array; reply: Uint8Array }> {
      const call = nfsCall({ xid });
      const reply = nfsReply(0, { xid });
      sw.send(NET.clientPort, call);
      await sw.receive(NET.storePorts[0]);
      sw.send(NET.storePorts[0], reply);
      await sw.receive(NET.clientPort);
      return { call, reply };
    }

    test('a response is counted by series and time, once', async () => {
      const counts = async () => {
        let total = 0n;
        for (const bucket of [1, 2])
          total += (await sw.counter('response_time', SERIES * BUCKETS + bucket)).packets;
        return total;
      };
      const before = await counts();
      const { reply } = await exchange(10);
      sw.send(NET.storePorts[0], reply);
      await sw.receive(NET.clientPort);
      expect((await counts()) - before).toBe(1n);
    });

    test('a response nobody waits for passes, and is counted', async () => {
      const before = await sw.counter('unexpected_responses', 0);
      sw.send(NET.storePorts[0], nfsReply(0, { xid: 999 }));
      await sw.receive(NET.clientPort);
      expect((await sw.counter('unexpected_responses', 0)).packets - before.packets).toBe(1n);
    });

    test('a sampled request and its response are shown to the controller', async () => {
      await sw.modify([NFS_SERVICE(65536)]);
      const { call, reply } = await exchange(20);
      const shown = [await sw.fullPacketIn(), await sw.fullPacketIn()];
      const common = { reason: PUNT.record, is_sampled: true, store: STORES[0] };
      expect(shown).toEqual([
        expect.objectContaining({ ...common, port: NET.clientPort, service: SERVICE.nfsUdp, frame: call }),
        expect.objectContaining({ ...common, port: NET.storePorts[0], frame: reply }),
      ]);
      await sw.modify([NFS_SERVICE(0)]);
    });

    test('a long request is shown by its beginning', async () => {
      await sw.modify([NFS_SERVICE(65536)]);
      const call = nfsCall({ xid: 30, procedure: 7, data: new Uint8Array(1024) });
      sw.send(NET.clientPort, call);
      await sw.receive(NET.storePorts[0]);
      const { frame } = await sw.fullPacketIn();
      expect(frame.length).toBeLessThan(513);
      expect(frame.length).toBeGreaterThan(480);
      expect(frame).toEqual(call.subarray(0, frame.length));
      await sw.modify([NFS_SERVICE(0)]);
    });

    test('of many requests about as many are sampled as asked for, each with its response', async () => {
      await sw.modify([NFS_SERVICE(65536 / 4)]);
      for (let xid = 1000; xid < 1200; xid++) await exchange(xid);
      const by_port = new Map<number, number>();
      for (const punt of await sw.packetIns()) {
        by_port.set(punt.port, (by_port.get(punt.port) ?? 0) + 1);
      }
      const requests = by_port.get(NET.clientPort) ?? 0;
      expect(requests).toBeGreaterThan(20);
      expect(requests).toBeLessThan(90);
      expect(by_port.get(NET.storePorts[0])).toBe(requests);
      await sw.modify([NFS_SERVICE(0)]);
    });
  });
});
