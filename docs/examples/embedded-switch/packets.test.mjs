/** Packet tests of a v1model program, without root and without a network: `node --test FILE`. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { URL } from 'node:url';
import { afterEach, beforeEach, test } from 'node:test';
import { NO_FAULTS, Switch } from 'storeswitch/switch';

const program = JSON.parse(readFileSync(new URL('patch.json', import.meta.url), 'utf8'));

/** Header and a few bytes. */
function frame(dst) {
  return Buffer.from(`${dst}0200000000ff88b5cafe`, 'hex');
}

let now_us = 0;
let sw;
beforeEach(() => {
  now_us = 0;
  sw = new Switch({ ports: [1, 2], program, now_us: () => now_us });
});
afterEach(() => sw.close());

test('ports 1 and 2 are patched together', () => {
  const sent = frame('020000000002');
  assert.deepEqual(sw.exchange(1, sent), [{ port: 2, frame: new Uint8Array(sent) }]);
  assert.deepEqual(sw.exchange(2, sent), [{ port: 1, frame: new Uint8Array(sent) }]);
});

test('blocked destinations are dropped and counted', () => {
  sw.engine.insertEntry('forward.blocked', {
    match: [{ kind: 'exact', value: 0x020000000002n }],
    priority: 0,
    action: { name: 'forward.block', args: [] },
    idle_timeout_ns: 0n,
  });
  assert.deepEqual(sw.exchange(1, frame('020000000002')), []);
  assert.equal(sw.exchange(1, frame('020000000003')).length, 1);
  const [entry] = sw.engine.entries('forward.blocked');
  assert.deepEqual(entry.counter, { packets: 1n, bytes: 16n });
});

test('a trace says why a frame went nowhere', async () => {
  await sw.control.trace({});
  sw.exchange(1, Buffer.alloc(3));
  const [trace] = sw.control.takeTraces().traces;
  assert.ok(trace.steps.some(({ step, error }) => step === 'parser_error' && error === 'PacketTooShort'));
});

test('a link that delays frames by 10 ms, by a clock of our own', async () => {
  await sw.control.setFaults(2, { out: { ...NO_FAULTS, delay_us: 10_000 } });
  const arrived = [];
  sw.on('frame', () => arrived.push(now_us));
  sw.inject(1, frame('020000000002'));
  for (now_us = 1000; now_us <= 20_000; now_us += 1000) sw.tick();
  assert.deepEqual(arrived, [10_000]);
});
