import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { FrameRing } from '../../../src/switch/worker/frame_ring';

const SIZE_BYTES = 256;

const step = fc.oneof(
  fc.record({ push: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)) }),
  fc.record({ drain: fc.integer({ min: 1, max: 8 }) }),
);

test('what is read is what was written, in order, but for what was dropped and counted', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const writer = FrameRing.create(SIZE_BYTES);
      const reader = FrameRing.attach(writer.shared);
      const expected: Buffer[] = [];
      const read: Buffer[] = [];
      for (const one of steps) {
        if ('drain' in one) {
          const before = read.length;
          const frames = reader.drain(one.drain, (frame) => read.push(frame));
          expect(frames).toBe(read.length - before);
          continue;
        }
        const { dropped } = writer;
        writer.push(one.push.subarray(0, 3), one.push.subarray(3));
        writer.publish();
        if (writer.dropped === dropped) expected.push(one.push);
        // An empty ring has room for anything up to a third of it.
        else expect(read.length).toBeLessThan(expected.length);
      }
      reader.drain(Infinity, (frame) => read.push(frame));
      expect(read).toEqual(expected);
      expect(reader.isEmpty).toBe(true);
    }),
  );
});

test('positions go on past 2^32', () => {
  const ring = FrameRing.create(SIZE_BYTES);
  const start = -512;
  new Int32Array(ring.shared).set([start, start]);
  const writer = FrameRing.attach(ring.shared);
  for (let i = 0; i < 100; i++) {
    writer.push(Buffer.alloc(60, i));
    writer.publish();
    const read: Buffer[] = [];
    ring.drain(10, (frame) => read.push(frame));
    expect(read).toEqual([Buffer.alloc(60, i)]);
  }
});

test('nothing is seen before it is published, and only a reader that waits is told', () => {
  const ring = FrameRing.create(SIZE_BYTES);
  const drain = () => ring.drain(10, () => undefined);
  expect(ring.publish()).toBe(false);
  ring.push(Buffer.of(1));
  expect(drain()).toBe(0);
  expect(ring.publish()).toBe(true);
  ring.push(Buffer.of(2));
  expect(ring.publish()).toBe(false);
  expect(ring.wait()).toBe(false);
  expect(drain()).toBe(2);
  expect(ring.wait()).toBe(true);
  ring.push(Buffer.of(3));
  expect(ring.publish()).toBe(true);
});

test('a frame that can never fit is dropped and counted', () => {
  const ring = FrameRing.create(SIZE_BYTES);
  ring.push(Buffer.alloc(SIZE_BYTES));
  expect(ring.dropped).toBe(1);
  expect(ring.publish()).toBe(false);
});

test('between threads nothing is torn, lost or turned round', async () => {
  const FRAMES = 20_000;
  const ring = FrameRing.create(4096);
  const source = `
    const { workerData } = require('node:worker_threads');
    require(workerData.register);
    const { FrameRing } = require(workerData.module);
    const ring = FrameRing.attach(workerData.shared);
    for (let i = 0; i < workerData.frames; ) {
      const before = ring.dropped;
      const frame = Buffer.alloc(4 + (i % 90), i);
      frame.writeUInt32BE(i, 0);
      ring.push(frame);
      if (ring.dropped === before) i++;
      ring.publish();
    }`;
  const worker = new Worker(source, {
    eval: true,
    workerData: {
      register: require.resolve('../swc_register.cjs'),
      module: require.resolve('../../../src/switch/worker/frame_ring'),
      shared: ring.shared,
      frames: FRAMES,
    },
  });
  const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  let next = 0;
  while (next < FRAMES) {
    const read = ring.drain(64, (frame) => {
      const expected = Buffer.alloc(4 + (next % 90), next);
      expected.writeUInt32BE(next, 0);
      expect(frame.equals(expected)).toBe(true);
      next++;
    });
    if (read === 0) await new Promise(setImmediate);
  }
  expect(await ended).toBe(0);
});
