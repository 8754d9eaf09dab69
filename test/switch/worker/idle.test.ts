import { createEngine } from '../../../src/switch';
import type { IdleMessage } from '../../../src/switch/worker/dataplane';
import { InProcessDataplane } from '../../../src/switch/worker/in_process';
import { SwitchCore } from '../../../src/switch/worker/switch_core';
import { programText } from '../program';

const ENTRIES = 10_000;
const SECOND_US = 1_000_000;
/** server.p4 with a larger table. */
const program = JSON.parse(
  programText('server').replace(/("name": ?"switching.bridge"[^]*?"max_size": ?)8\b/, `$1${ENTRIES}`),
) as object;
const ignore = (): void => undefined;

function entry(i: number) {
  return {
    match: [{ kind: 'exact' as const, value: BigInt(i) }],
    priority: 0,
    action: { name: 'switching.send', args: [1n] },
    idle_timeout_ns: 1_000_000_000n,
  };
}

/** What a listener has heard, by the keys of the entries. */
function hearing() {
  const heard: bigint[] = [];
  const idles = (messages: IdleMessage[]): void => {
    for (const { entry } of messages) {
      const [match] = entry.match;
      if (match?.kind === 'exact') heard.push(match.value);
    }
  };
  return { heard, listener: { packetIns: ignore, digests: ignore, idles } };
}

const all = Array.from({ length: ENTRIES }, (_, i) => BigInt(i));
const sorted = (values: bigint[]): bigint[] => [...values].sort((a, b) => Number(a - b));

test('entries that are all due at once are reported a few a turn, each once, none lost', () => {
  const core = new SwitchCore(createEngine, [], {}, ignore);
  core.stage(program);
  core.commit();
  for (let i = 0; i < ENTRIES; i++) core.controlled?.insertEntry('switching.bridge', entry(i));
  const { heard, listener } = hearing();
  let now_us = 2 * SECOND_US;
  let heard_before = 0;
  core.setTime(now_us);
  core.tick();
  core.deliver(listener);
  for (let turns = 0; core.hasIdleDue && turns < ENTRIES; turns++) {
    core.setTime(++now_us);
    core.reportIdle();
    core.deliver(listener);
    expect(heard.length - heard_before).toBeLessThanOrEqual(128);
    heard_before = heard.length;
  }
  expect(sorted(heard)).toEqual(all);
  expect(core.counts.events_dropped).toBe(0);
  core.tick();
  core.deliver(listener);
  expect(heard).toHaveLength(ENTRIES);
});

test('while nobody has room for notifications, entries stay due', () => {
  const core = new SwitchCore(createEngine, [], {}, ignore);
  core.stage(program);
  core.commit();
  for (let i = 0; i < 1000; i++) core.controlled?.insertEntry('switching.bridge', entry(i));
  const { heard, listener } = hearing();
  core.setTime(2 * SECOND_US);
  for (let i = 0; i < 100; i++) {
    core.tick();
    core.deliver(listener, () => false);
  }
  expect(core.hasIdleDue).toBe(false);
  expect(heard).toEqual([]);
  for (let i = 0; i < 100; i++) {
    core.tick();
    core.deliver(listener);
  }
  expect(sorted(heard)).toEqual(all.slice(0, 1000));
});

test('with a clock that a test drives, one tick reports all that are due, and no sooner', async () => {
  let now_us = 0;
  const dataplane = new InProcessDataplane(createEngine, [], { now_us: () => now_us });
  const { heard, listener } = hearing();
  dataplane.listen({ ...listener, log: ignore, failed: ignore });
  dataplane.loadNow(program);
  for (let i = 0; i < ENTRIES; i++) dataplane.engineNow().insertEntry('switching.bridge', entry(i));
  for (now_us = 0; now_us < SECOND_US; now_us += SECOND_US / 8) dataplane.tick();
  expect(heard).toEqual([]);
  dataplane.tick();
  expect(sorted(heard)).toEqual(all);
  // One written in between is due before the others are again.
  now_us += SECOND_US / 2;
  dataplane.engineNow().modifyEntry('switching.bridge', { ...entry(7), idle_timeout_ns: 100_000_000n });
  now_us += SECOND_US / 10;
  dataplane.tick();
  expect(heard.slice(ENTRIES)).toEqual([7n]);
  await dataplane.close();
});
