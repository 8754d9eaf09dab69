import { NO_FAULTS, type FaultSettings } from '../../../src/switch/ports/faults';
import { MemoryPort } from '../../../src/switch/ports/memory';
import { FaultyPort } from '../../../src/switch/ports/wrappers';

const FRAMES = 2000;

/** What arrives of frames 0, 1, 2 ... sent 1 us apart, as numbers; damaged ones are negative. */
function arrivals(settings: Partial<FaultSettings>): { seen: number[]; port: FaultyPort } {
  const clock = { now_us: 0 };
  const memory = new MemoryPort(1);
  const port = new FaultyPort(memory, { in: { ...NO_FAULTS, ...settings } }, clock);
  const seen: number[] = [];
  port.onReceive((_number, buffer, start, end) => {
    const frame = Buffer.from(buffer.slice(start, end));
    seen.push(frame.readUInt32BE(0) === frame.readUInt32BE(4) ? frame.readUInt32BE(0) : -1);
  });
  for (let i = 0; i < FRAMES; i++) {
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(i, 0);
    frame.writeUInt32BE(i, 4);
    clock.now_us++;
    memory.inject(frame);
    port.release();
  }
  clock.now_us += 1_000_000;
  port.release();
  return { seen, port };
}

const ascending = (list: number[]): number[] => [...list].sort((a, b) => a - b);
const all = Array.from({ length: FRAMES }, (_, i) => i);

test('settings that do not exist are refused, in place of a test without faults', () => {
  const faulty = (faults: object) => () => new FaultyPort(new MemoryPort(1), faults, { now_us: 0 });
  expect(faulty({ loss: 0.1 })).toThrow(/^loss: in or out is expected$/);
  expect(faulty({ in: { ...NO_FAULTS, los: 1 } })).toThrow(/^los: one of loss, duplication/);
});

test('without faults nothing changes', () => {
  expect(arrivals({}).seen).toEqual(all);
});

test('loss takes about its share, and the same seed the same frames', () => {
  const { seen, port } = arrivals({ loss: 0.1 });
  expect(seen).toHaveLength(FRAMES - port.counts.lost);
  expect(port.counts.lost).toBeGreaterThan(FRAMES * 0.07);
  expect(port.counts.lost).toBeLessThan(FRAMES * 0.13);
  expect(arrivals({ loss: 0.1 }).seen).toEqual(seen);
  expect(arrivals({ loss: 0.1, seed: 2 }).seen).not.toEqual(seen);
});

test('duplicated frames come twice, none is missing', () => {
  const { seen, port } = arrivals({ duplication: 0.2 });
  expect(seen).toHaveLength(FRAMES + port.counts.duplicated);
  expect([...new Set(seen)]).toEqual(all);
});

test('reordered frames come after the next, none is missing', () => {
  const { seen, port } = arrivals({ reordering: 0.2 });
  expect(seen).not.toEqual(all);
  expect(ascending(seen)).toEqual(all);
  // One step back for each reordered frame that another overtook.
  const steps_back = seen.filter((frame, i) => frame < (seen[i - 1] ?? -1)).length;
  expect(steps_back).toBeGreaterThanOrEqual(port.counts.reordered - 1);
});

test('corruption flips a bit of the copy, not of the frame', () => {
  const { seen, port } = arrivals({ corruption: 0.1 });
  expect(seen.filter((frame) => frame < 0)).toHaveLength(port.counts.corrupted);
  expect(port.counts.corrupted).toBeGreaterThan(0);
});

test('a probability does not change which frames the others hit', () => {
  const numbers = ({ seen }: { seen: number[] }) => new Set(seen);
  const lost = numbers(arrivals({ loss: 0.1 }));
  for (const others of [{ corruption: 0.3 }, { duplication: 0.3 }, { reordering: 0.3 }]) {
    const { seen, port } = arrivals({ loss: 0.1, ...others });
    expect(port.counts.lost).toBe(FRAMES - lost.size);
    for (const number of seen) if (number >= 0) expect(lost).toContain(number);
  }
});

test('one seed for both directions hits other frames in each', () => {
  const memory = new MemoryPort(1);
  const settings = { ...NO_FAULTS, loss: 0.5 };
  const port = new FaultyPort(memory, { in: settings, out: settings }, { now_us: 0 });
  const [came, left]: number[][] = [[], []];
  port.onReceive((_number, buffer, start) => came?.push(buffer[start] ?? 0));
  memory.onTransmit((_number, frame) => left?.push(frame[0] ?? 0));
  for (let i = 0; i < 64; i++) {
    memory.inject(Uint8Array.of(i));
    port.transmit(Uint8Array.of(i), 0, 1);
  }
  expect(came).not.toEqual(left);
});

test('delayed frames come when they are due, in order', () => {
  const clock = { now_us: 0 };
  const memory = new MemoryPort(1);
  const port = new FaultyPort(memory, { out: { ...NO_FAULTS, delay_us: 100 } }, clock);
  const seen: [number, number][] = [];
  memory.onTransmit((_number, frame) => seen.push([clock.now_us, frame[0] ?? 0]));
  port.transmit(Uint8Array.of(1), 0, 1);
  clock.now_us = 50;
  port.transmit(Uint8Array.of(2), 0, 1);
  expect(port.due_us).toBe(100);
  for (clock.now_us = 99; clock.now_us <= 200; clock.now_us++) port.release();
  expect(seen).toEqual([
    [100, 1],
    [150, 2],
  ]);
  expect(port.due_us).toBe(Infinity);
});

test('settings that cannot be are refused by name', () => {
  const make = (settings: Partial<FaultSettings>) => (): FaultyPort =>
    new FaultyPort(new MemoryPort(1), { in: { ...NO_FAULTS, ...settings } }, { now_us: 0 });
  expect(make({ loss: 1.5 })).toThrow('loss 1.5: a probability within 0..1 is expected');
  expect(make({ delay_us: -1 })).toThrow('delay_us -1');
});
