import { createEngine, type Engine, type EngineDrop, type PacketTrace, Switch } from '../../src/switch';
import { Origin } from '../../src/switch/v1model/origin';
import {
  KEPT_BYTES_MAX,
  PendingQueue,
  WAITING_BYTES_MAX,
  WAITING_MAX,
} from '../../src/switch/v1model/pending';
import { programText } from './program';

/** What the first byte of a frame asks storms.p4 for; the next two name the group. */
const Ask = { forward: 0, multicast: 1, multiply: 2, grow: 3 } as const;
const REPLICAS = 1000;
const MANY = 1;
const ONE = 2;

interface UnderTest {
  engine: Engine;
  sent: number[];
  dropped: Partial<Record<EngineDrop, number>>;
  logged: string[];
  traces: PacketTrace[];
}

function start(): UnderTest {
  const [sent, logged, traces]: [number[], string[], PacketTrace[]] = [[], [], []];
  const dropped: UnderTest['dropped'] = {};
  const engine = createEngine(programText('storms'), {
    send: (port) => sent.push(port),
    digest: () => undefined,
    idle: () => undefined,
    log: (_, message) => logged.push(message),
    dropped: (reason, packets) => (dropped[reason] = (dropped[reason] ?? 0) + packets),
    trace: (trace) => traces.push(trace),
  });
  setGroups(engine);
  return { engine, sent, dropped, logged, traces };
}

function setGroups(engine: Engine): void {
  const replicas = Array.from({ length: REPLICAS }, (_, instance) => ({ port: 2, instance }));
  engine.setMulticastGroup(MANY, replicas);
  engine.setMulticastGroup(ONE, replicas.slice(0, 1));
}

function frame(what: number, group: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([what, group >> 8, group & 0xff]);
  return bytes;
}

test('a frame that multiplies for ever ends soon, and holds little memory', () => {
  const { engine, sent, dropped, logged } = start();
  const before_bytes = process.memoryUsage().arrayBuffers;
  const before_ms = performance.now();
  engine.receive(1, frame(Ask.multiply, MANY), 0);
  expect(performance.now() - before_ms).toBeLessThan(5000);
  expect(process.memoryUsage().arrayBuffers - before_bytes).toBeLessThan(WAITING_BYTES_MAX + KEPT_BYTES_MAX);
  expect(sent).toEqual([]);
  expect(dropped.queue).toBeGreaterThan(1000);
  expect(dropped.passes).toBeGreaterThan(1000);
  expect(logged).toEqual([
    expect.stringMatching(/^port 1: 8192 copies wait, or 64 MiB of them: dropped$/),
    'one frame caused 10000 passes: the rest is dropped',
  ]);
  engine.receive(1, frame(Ask.forward, 0), 0);
  expect(sent).toEqual([1]);
});

test('it ends for an engine whose drops nobody counts, too', () => {
  const silent = { send: () => undefined, digest: () => undefined, idle: () => undefined };
  const engine = createEngine(programText('storms'), silent);
  setGroups(engine);
  engine.runCopies(0, 512);
  engine.receive(1, frame(Ask.multiply, MANY), 0);
  let turns = 0;
  while (turns < 100 && engine.runCopies(0, 512)) turns++;
  expect(turns).toBeLessThan(25);
});

test('a frame that grows ends at 65535 bytes, with a reason and counted', () => {
  const { engine, dropped, traces, logged } = start();
  engine.setTrace({});
  engine.receive(1, frame(Ask.grow, ONE, 60000), 0);
  expect(dropped).toEqual({ length: 1 });
  expect(traces[0]?.steps.at(-1)).toEqual({
    ...{ step: 'drop', reason: 'length' },
    detail: '65632 bytes: 65535 are the most',
  });
  expect(logged).toEqual(['port 1: a frame of 65632 bytes: 65535 are the most: dropped']);
});

test('copies are worked off by turns: other frames are served meanwhile', () => {
  const { engine, sent } = start();
  expect(engine.runCopies(0, 100)).toBe(false);
  engine.receive(1, frame(Ask.multicast, MANY), 0);
  expect(sent).toHaveLength(100);
  engine.receive(1, frame(Ask.forward, 0), 0);
  expect(sent.slice(100)).toEqual([1]);
  expect(engine.runCopies(0, 900)).toBe(false);
  expect(sent).toHaveLength(1 + REPLICAS);
});

test('a frame without an end does not keep others waiting, and ends', () => {
  const { engine, sent, dropped } = start();
  engine.runCopies(0, 0);
  engine.receive(1, frame(Ask.multiply, ONE), 0);
  let turns = 0;
  for (; engine.runCopies(0, 512); turns++) engine.receive(1, frame(Ask.forward, 0), 0);
  expect(sent).toHaveLength(turns);
  expect(turns).toBe(Math.floor(10000 / 512));
  expect(dropped).toEqual({ passes: 1 });
});

test('a trace has all that came of its frame, whatever came between', () => {
  const { engine, traces } = start();
  engine.setTrace({ packets_max: 2 });
  engine.runCopies(0, 0);
  engine.receive(1, frame(Ask.multicast, ONE), 0);
  expect(traces).toEqual([]);
  engine.receive(3, frame(Ask.forward, 0), 0);
  expect(traces).toMatchObject([{ packet: 2, port: 3 }]);
  engine.runCopies(0, 10);
  expect(traces.map(({ packet }) => packet)).toEqual([2, 1]);
  const steps = traces[1]?.steps.map(({ step }) => step);
  expect(steps?.at(0)).toBe('pass');
  expect(traces[1]?.steps).toContainEqual({
    ...{ step: 'pass', stage: 'egress', port: 2, copy: 'multicast replica' },
  });
  expect(steps?.at(-1)).toBe('send');
});

test('the counts say what was dropped', async () => {
  const one = new Switch({ ports: [1, 2], program: JSON.parse(programText('storms')) as object });
  setGroups(one.engine);
  expect(one.exchange(1, frame(Ask.multicast, MANY))).toHaveLength(REPLICAS);
  one.inject(1, frame(Ask.multiply, MANY));
  one.inject(1, frame(Ask.grow, ONE, 65500));
  one.inject(1, new Uint8Array(70000));
  const counts = await one.control.counts();
  expect(counts.copies_dropped).toBeGreaterThan(1000);
  expect(counts.passes_exceeded).toBeGreaterThan(1000);
  expect(counts).toMatchObject({ frames_too_long: 2, engine_faults: 0 });
  await one.close();
});

test('the queue is bounded by number and bytes, and keeps few buffers', () => {
  const queue = new PendingQueue(100);
  const [one, other, state, bytes] = [
    new Origin(),
    new Origin(),
    new Uint32Array(100),
    new Uint8Array(65535),
  ];
  const fill = (length: number): number => {
    let pushed = 0;
    for (; queue.hasRoom(length); pushed++)
      queue.push('egress', pushed % 2 === 0 ? one : other, state, pushed, bytes, 0, length);
    return pushed;
  };
  const empty = (): number[] => {
    const ports = [];
    while (!queue.isEmpty) {
      const slot = queue.shift();
      ports.push(slot.port);
      queue.release(slot);
    }
    return ports;
  };
  expect(fill(60)).toBe(WAITING_MAX);
  expect(one.waiting).toBe(WAITING_MAX / 2);
  expect(queue.forget(one)).toBe(WAITING_MAX / 2);
  expect(empty()).toEqual(Array.from({ length: WAITING_MAX / 2 }, (_, i) => 2 * i + 1));
  expect(queue.buffer_bytes).toBeLessThanOrEqual(KEPT_BYTES_MAX);

  const large = fill(65535);
  expect(large).toBeLessThan(1000);
  expect(queue.buffer_bytes).toBeLessThanOrEqual(WAITING_BYTES_MAX + KEPT_BYTES_MAX);
  expect(empty()).toHaveLength(large);
  expect([one.waiting, other.waiting]).toEqual([0, 0]);
  expect(queue.buffer_bytes).toBeLessThanOrEqual(KEPT_BYTES_MAX);
});
