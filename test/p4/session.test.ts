/** TCP connections: which store has one, and what the controller sees of it. */
import { TCP_FLAG } from '../../src/wire/tcp';
import { targets } from '../targets';
import {
  clientKnown,
  clientRoute,
  PUNT,
  SERVICE,
  sessionPin,
  slotEntries,
  storeDown,
  STORES,
  TERMINATED_PORT,
} from './entries';
import { PacketTest } from './harness';
import { NET, rewritten, tcpSegment } from './packets';

const { syn, ack, fin, rst, psh } = TCP_FLAG;

describe.each(targets)('sessions on $name', (kind) => {
  const group = kind.skipped === undefined ? describe : describe.skip;

  group(kind.skipped ?? 'packets in, packets out', () => {
    let sw: PacketTest;

    beforeAll(async () => {
      sw = await PacketTest.start(kind);
      await sw.insert([...slotEntries((slot) => (slot % 2) as 0 | 1), clientRoute(), clientKnown()]);
    });

    afterAll(() => sw.stop());
    afterEach(() => sw.expectSilence());

    const owns = (owner: (slot: number) => 0 | 1) => sw.modify(slotEntries(owner));

    /** Sends a segment and says which store it reached. The controller is shown a copy if it should be. */
    async function reached(clientPort: number, flags: number): Promise<0 | 1> {
      const frame = tcpSegment(clientPort, flags);
      sw.send(NET.clientPort, frame);
      const { port, frame: out } = await sw.receiveAny(NET.storePorts);
      const store = port === NET.storePorts[0] ? 0 : 1;
      expect(out).toEqual(rewritten(frame, NET.storeMacs[store], NET.internalMacs[store]));
      if ((flags & (syn | fin | rst)) !== 0) {
        expect(await sw.fullPacketIn()).toMatchObject({
          port: NET.clientPort,
          reason: PUNT.session,
          is_sampled: false,
          service: SERVICE.nfsTcp,
          store: STORES[store],
          frame,
        });
      }
      return store;
    }

    test('stay with one store, are spread, and are shown where they begin and end, and only there', async () => {
      const counts = [0, 0];
      for (let clientPort = 10_000; clientPort < 10_032; clientPort++) {
        const store = await reached(clientPort, syn);
        for (const flags of [ack, psh | ack, fin | ack, rst]) {
          expect(await reached(clientPort, flags)).toBe(store);
        }
        counts[store] = (counts[store] ?? 0) + 1;
      }
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(8);
    });

    test('keep their store while slots move, by their row or by their pin', async () => {
      await owns(() => 0);
      expect(await reached(11_000, syn)).toBe(0);
      await owns(() => 1);
      expect(await reached(11_000, ack)).toBe(0);
      // No row knows this one.
      await sw.insert([sessionPin(11_001, 0)]);
      expect(await reached(11_001, ack)).toBe(0);
      expect(await reached(11_001, fin | ack)).toBe(0);
      await sw.delete([sessionPin(11_001, 0)]);
      expect(await reached(11_001, ack)).toBe(1);
    });

    test('a new one goes by its slot, whatever its port was pinned to, and stays there', async () => {
      await owns(() => 1);
      await sw.insert([sessionPin(11_100, 0)]);
      expect(await reached(11_100, syn)).toBe(1);
      expect(await reached(11_100, ack)).toBe(1);
      await sw.delete([sessionPin(11_100, 0)]);
    });

    test('of a store that is down go to the slot’s owner, and are not torn back when it returns', async () => {
      await owns(() => 1);
      await sw.insert([sessionPin(11_200, 0)]);
      expect(await reached(11_200, ack)).toBe(0);
      await sw.insert([storeDown(0)]);
      expect(await reached(11_200, ack)).toBe(1);
      await sw.delete([storeDown(0)]);
      expect(await reached(11_200, ack)).toBe(1);
      await sw.delete([sessionPin(11_200, 0)]);
    });

    test('pins are of one client port and no other', async () => {
      await owns(() => 1);
      await sw.insert([sessionPin(11_300, 0)]);
      expect(await reached(11_301, ack)).toBe(1);
      expect(await reached(11_300, ack)).toBe(0);
      await sw.delete([sessionPin(11_300, 0)]);
    });

    test('of a service that the host terminates are the host’s', async () => {
      const frame = tcpSegment(11_400, syn, {}, TERMINATED_PORT);
      sw.send(NET.clientPort, frame);
      expect(await sw.receive(NET.hostPort)).toEqual(frame);
    });
  });
});
