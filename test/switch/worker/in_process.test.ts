import { MemoryPort } from '../../../src/switch/ports/memory';
import type { DataplaneListener } from '../../../src/switch/worker/dataplane';
import { engineCall } from '../../../src/switch/worker/dataplane';
import { InProcessDataplane } from '../../../src/switch/worker/in_process';
import { createEngine, FAKE_CPU_PORT } from '../fake_engine';
import { allEntries } from './all_entries';

function etherFrame(ether_type: number, length = 60): Uint8Array {
  const frame = new Uint8Array(length);
  frame[12] = ether_type >> 8;
  frame[13] = ether_type & 0xff;
  return frame;
}

function setUp() {
  const ports = [new MemoryPort(1), new MemoryPort(2), new MemoryPort(3)];
  const sent: { port: number; frame: Uint8Array }[] = [];
  for (const port of ports) port.onTransmit((number, frame) => sent.push({ port: number, frame }));
  const dataplane = new InProcessDataplane(createEngine, ports, { cpu_port: FAKE_CPU_PORT, now_us: () => 0 });
  const log: string[] = [];
  const packet_ins: Uint8Array[] = [];
  const listener: DataplaneListener = {
    packetIns: (frames) => void packet_ins.push(...frames),
    digests: (messages) =>
      void log.push(`digest ${messages.map(({ name, fields }) => `${name} ${fields.join()}`).join()}`),
    idles: (messages) => void log.push(`idle ${messages.map(({ table }) => table).join()}`),
    log: (level, message) => void log.push(`${level} ${message}`),
    failed: (error) => void log.push(error.message),
  };
  dataplane.listen(listener);
  return { dataplane, ports, sent, packet_ins, log };
}

test('frames go from memory port to memory port, and to a missing port nowhere', async () => {
  const { dataplane, ports, sent } = setUp();
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  ports[0]?.inject(etherFrame(0x800));
  ports[2]?.inject(etherFrame(0x800));
  expect(sent).toEqual([{ port: 2, frame: etherFrame(0x800) }]);
  expect(await dataplane.counts()).toMatchObject({ no_program: 0, unknown_port: 1 });
});

test('without a program frames are counted and dropped', async () => {
  const { dataplane, ports, sent } = setUp();
  ports[0]?.inject(etherFrame(0x800));
  expect(sent).toEqual([]);
  expect(await dataplane.counts()).toMatchObject({ no_program: 1 });
});

test('a program that does not compile leaves the old one in place', async () => {
  const { dataplane, ports, sent } = setUp();
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  await expect(dataplane.stage({})).rejects.toThrow('not a fake program');
  await expect(dataplane.verify({})).rejects.toThrow('not a fake program');
  ports[0]?.inject(etherFrame(0x800));
  expect(sent).toHaveLength(1);
});

test('packet-ins, packet-outs and digests', async () => {
  const { dataplane, ports, sent, packet_ins, log } = setUp();
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  ports[2]?.inject(etherFrame(0x88b6));
  expect(packet_ins).toEqual([Uint8Array.of(1, 0x80, ...etherFrame(0x88b6))]);
  dataplane.packetOut(Uint8Array.of(1, 0, ...etherFrame(0x800)));
  expect(sent).toEqual([{ port: 2, frame: etherFrame(0x800) }]);
  ports[1]?.inject(etherFrame(0x88b7));
  expect(log).toEqual(['digest seen 2']);
});

test('ports wired in a loop end, counted', async () => {
  const { dataplane, ports } = setUp();
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  const [one, two] = ports;
  if (one === undefined || two === undefined) throw new Error('no ports');
  two.onTransmit((_, frame) => one.inject(frame));
  one.inject(etherFrame(0x800));
  expect(await dataplane.counts()).toMatchObject({ events_dropped: 1 });
});

test('an engine that throws loses one frame and not the switch', async () => {
  const { dataplane, ports, sent, log } = setUp();
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  ports[0]?.inject(etherFrame(0x88b8));
  ports[0]?.inject(etherFrame(0x88b8));
  ports[0]?.inject(etherFrame(0x800));
  expect(sent).toHaveLength(1);
  expect(await dataplane.counts()).toMatchObject({ engine_faults: 2 });
  expect(log).toEqual(['error a frame from port 1 failed in the engine: Error: broken on purpose']);
});

test('a batch goes on after a failed call and says which failed', async () => {
  const { dataplane } = setUp();
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  const entry = {
    match: [{ kind: 'exact' as const, value: 1n }],
    priority: 0,
    action: { name: 'a', args: [] },
    idle_timeout_ns: 0n,
  };
  const outcomes = await dataplane.batch([
    { method: 'insertEntry', args: ['t', entry] },
    { method: 'insertEntry', args: ['t', entry] },
    { method: 'writeRegister', args: ['r', 3, 7n] },
    { method: 'readRegister', args: ['r', 3] },
  ]);
  expect(outcomes).toEqual([
    { ok: true, value: undefined },
    { ok: false, code: 'ALREADY_EXISTS', message: 't: the entry exists' },
    { ok: true, value: undefined },
    { ok: true, value: 7n },
  ]);
  expect(await allEntries(dataplane, 't')).toMatchObject([entry]);
  await expect(engineCall(dataplane, { method: 'deleteEntry', args: ['u', entry] })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});
