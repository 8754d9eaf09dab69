import { join } from 'node:path';
import type { EngineCall } from '../../../src/switch/worker/engine_calls';
import { AfPacketPort } from '../../../src/switch/ports/afpacket';
import { WorkerDataplane } from '../../../src/switch/worker/worker_dataplane';
import { FAKE_CPU_PORT } from '../fake_engine';
import { deleteInterface, is_root, makeVethPair, ownName } from '../ports/veth';
import { allEntries } from './all_entries';

const options = {
  cpu_port: FAKE_CPU_PORT,
  engine_module: join(__dirname, '..', 'fake_engine.ts'),
  exec_argv: ['--require', join(__dirname, '..', 'swc_register.cjs')],
};

/** Waits for something another thread does; in the end the expectation after it says what is missing. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 5000 && !condition(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function etherFrame(ether_type: number, length: number): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ether_type >> 8, ether_type & 0xff]);
  return frame;
}

function entryCalls(count: number): EngineCall[] {
  return Array.from({ length: count }, (_, i) => ({
    method: 'insertEntry',
    args: [
      't',
      {
        match: [{ kind: 'exact', value: BigInt(i) }],
        priority: 0,
        action: { name: 'a', args: [BigInt(i)] },
        idle_timeout_ns: 0n,
      },
    ],
  }));
}

test('control calls cross to the packet thread and back in order', async () => {
  const dataplane = await WorkerDataplane.start([], options);
  await expect(dataplane.batch([])).rejects.toThrow('no program is loaded');
  await expect(dataplane.stage({})).rejects.toThrow('not a fake program');
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  const outcomes = await dataplane.batch([...entryCalls(1000), ...entryCalls(1)]);
  expect(outcomes.filter(({ ok }) => !ok)).toEqual([
    { ok: false, code: 'ALREADY_EXISTS', message: 't: the entry exists' },
  ]);
  const entries = await allEntries(dataplane, 't');
  expect(entries.map(({ action }) => 'args' in action && action.args[0])).toEqual(
    Array.from({ length: 1000 }, (_, i) => BigInt(i)),
  );
  await dataplane.close();
});

test('packet-outs come before what is asked after them; those without room are dropped, counted and told', async () => {
  const dataplane = await WorkerDataplane.start([], options);
  const told: string[] = [];
  const ignore = (): void => undefined;
  const log = (_level: string, message: string): void => void told.push(message);
  dataplane.listen({ packetIns: ignore, digests: ignore, idles: ignore, failed: ignore, log });
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  // Out of port 1, which does not exist.
  const frame = (length: number) => Uint8Array.of(1, 0, ...etherFrame(0x800, length));
  for (let i = 0; i < 1000; i++) dataplane.packetOut(frame(60));
  expect(await dataplane.counts()).toMatchObject({ unknown_port: 1000, packet_outs_dropped: 0 });
  for (let i = 0; i < 200; i++) dataplane.packetOut(frame(9000));
  const { unknown_port, packet_outs_dropped } = await dataplane.counts();
  expect(packet_outs_dropped).toBeGreaterThan(0);
  expect(unknown_port).toBe(1200 - packet_outs_dropped);
  await until(() => told.length > 0);
  expect(told).toEqual([expect.stringContaining(`${packet_outs_dropped} packet-outs were dropped`)]);
  await dataplane.close();
});

test('a batch that is all or none, and state that is carried over', async () => {
  const dataplane = await WorkerDataplane.start([], options);
  await dataplane.stage({ fake: true });
  await dataplane.commit();
  for (const at_once of [true, false]) {
    expect(await dataplane.atomicBatch([...entryCalls(10), ...entryCalls(1)], at_once)).toHaveLength(11);
    expect(await allEntries(dataplane, 't')).toEqual([]);
  }
  await dataplane.atomicBatch(entryCalls(10), true);
  const unused = { tables: [], profiles: [], value_sets: [], meters: [], actions: ['a'] };
  const names = {
    tables: [{ name: 't', with_counters: false, with_meters: false }],
    counters: ['c'],
    registers: ['r'],
  };
  const others = { defaults: [], profiles: [], value_sets: [], meters: [] };
  await dataplane.batch([{ method: 'writeRegister', args: ['r', 3, 9n] }]);
  const wanted = { ...names, ...others, unused };
  await expect(dataplane.reconcile({ fake: true }, [], wanted)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  await dataplane.reconcile({ fake: true }, [], { ...wanted, unused: { ...unused, actions: [] } });
  expect(await allEntries(dataplane, 't')).toHaveLength(10);
  expect(await dataplane.batch([{ method: 'readRegister', args: ['r', 3] }])).toEqual([
    { ok: true, value: 9n },
  ]);
  await dataplane.close();
});

// What follows needs veth pairs and packet sockets, which need root.
(is_root ? describe : describe.skip)('the packet thread on veth pairs', () => {
  const [W0, W1, W2, W3] = [ownName('w0'), ownName('w1'), ownName('w2'), ownName('w3')] as const;
  const outside: AfPacketPort[] = [];
  let started: WorkerDataplane | undefined;

  beforeEach(() => {
    makeVethPair(W0, W1);
    makeVethPair(W2, W3);
    outside.push(new AfPacketPort(1, W1), new AfPacketPort(2, W3));
  });

  afterEach(async () => {
    // Also after a failure: a packet thread left behind keeps jest from ending.
    await started?.close();
    started = undefined;
    for (const port of outside.splice(0)) port.close();
    for (const name of [W0, W2]) {
      try {
        deleteInterface(name);
      } catch {
        // The test removed it.
      }
    }
  });

  async function start(): Promise<WorkerDataplane> {
    started = await WorkerDataplane.start(
      [
        { number: 1, interface_name: W0 },
        { number: 2, interface_name: W2 },
      ],
      options,
    );
    return started;
  }

  test('no frame is lost while tables are written, and 9000-byte frames pass', async () => {
    const dataplane = await start();
    await dataplane.stage({ fake: true });
    await dataplane.commit();
    const [left, right] = outside;
    if (left === undefined || right === undefined) throw new Error('no ports');
    const FRAMES = 4000;
    /** Which frames arrived, by the number each carries, in order. */
    const numbers: number[] = [];
    right.onReceive((_, bytes, at) => {
      numbers.push(((bytes[at + 14] ?? 0) << 8) | (bytes[at + 15] ?? 0));
    });
    let received_while_writing = 0;
    const writing = dataplane.batch(entryCalls(20_000)).then((outcomes) => {
      received_while_writing = numbers.length;
      return outcomes;
    });
    const frames = [etherFrame(0x800, 142), etherFrame(0x800, 9014)];
    let sent = 0;
    await until(() => {
      // Never more under way than a ring holds: this test is about order, not about speed.
      for (; sent < FRAMES && sent < numbers.length + 500; sent++) {
        const frame = frames[sent % 2] ?? new Uint8Array(60);
        frame[14] = sent >> 8;
        frame[15] = sent & 0xff;
        left.transmit(frame, 0, frame.length);
      }
      left.flush();
      while (right.receiveBatch(1000) > 0);
      return numbers.length >= FRAMES;
    });
    expect((await writing).every(({ ok }) => ok)).toBe(true);
    expect(received_while_writing).toBeGreaterThan(0);
    const [one, two] = await dataplane.ports();
    expect(one?.stats).toMatchObject({ rx_frames: FRAMES, rx_dropped: 0, rx_truncated: 0 });
    expect(two?.stats).toMatchObject({ tx_frames: FRAMES, tx_dropped: 0, tx_oversized: 0 });
    expect(numbers).toEqual(Array.from({ length: FRAMES }, (_, i) => i));
  });

  test('packet-ins and packet-outs', async () => {
    const dataplane = await start();
    const packet_ins: Uint8Array[] = [];
    const ignore = (): void => undefined;
    dataplane.listen({
      packetIns: (frames) => void packet_ins.push(...frames),
      digests: ignore,
      idles: ignore,
      log: ignore,
      failed: ignore,
    });
    await dataplane.stage({ fake: true });
    await dataplane.commit();
    const [left, right] = outside;
    if (left === undefined || right === undefined) throw new Error('no ports');
    const frame = etherFrame(0x88b6, 100);
    left.transmit(frame, 0, frame.length);
    left.flush();
    await until(() => packet_ins.length > 0);
    expect(packet_ins).toEqual([Uint8Array.of(0, 0x80, ...frame)]);
    const received: Uint8Array[] = [];
    right.onReceive((_, buffer, start, end) => received.push(buffer.slice(start, end)));
    dataplane.packetOut(Uint8Array.of(1, 0, ...frame));
    await until(() => (right.receiveBatch(10), received.length > 0));
    expect(received).toEqual([frame]);
  });

  test('a port whose interface disappears is down; the others forward', async () => {
    const dataplane = await start();
    await dataplane.stage({ fake: true });
    await dataplane.commit();
    deleteInterface(W0);
    let ports = await dataplane.ports();
    while (ports[0]?.up !== false) ports = await dataplane.ports();
    expect(ports.map(({ up, stats }) => [up, stats.downs])).toEqual([
      [false, 1],
      [true, 0],
    ]);
  });

  test('a port that cannot be opened is named', async () => {
    await expect(WorkerDataplane.start([{ number: 7, interface_name: 'ssp-none' }], options)).rejects.toThrow(
      'port 7@ssp-none: interface ssp-none does not exist',
    );
  });
});
