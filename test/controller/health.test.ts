import { planChecks, type CheckTarget } from '../../src/controller/check_plan';
import { Health } from '../../src/controller/health';
import { Network } from '../../src/controller/network';
import type { RpcOutcome } from '../../src/wire/rpc';
import { exampleConfig, requireFrame, STORE_MAC, storeAnswer, VIP } from './example';
import { FakeClock } from './fake_clock';

const network = new Network(exampleConfig());
const timing = { interval_ms: 200, timeout_ms: 200, failures: 3, successes: 2 };
const nfs: CheckTarget = {
  check: 'null_rpc',
  virtual_store: 'share',
  services: ['nfs'],
  address: VIP,
  port: 2049,
  program: 100003,
  version: 3,
  timing,
};

function setUp(targets: CheckTarget[] = [nfs]) {
  const clock = new FakeClock();
  const changes: string[] = [];
  /** What the store does with a frame: answer after some time, or not at all. */
  const store = {
    delay_ms: 1 as number | undefined,
    outcome: undefined as RpcOutcome | undefined,
    only_port: undefined as number | undefined,
    is_reached: true,
    is_switch_heard: true,
    port: 3,
    /** To clients; undefined if the switch does not tell. */
    responses: 0 as number | undefined,
    /** How long the switch takes to tell. */
    telling_ms: 0,
  };
  const pardons: number[] = [];
  const frames: Uint8Array[] = [];
  const late: number[] = [];
  const health: Health = new Health(
    targets.map((target) => ({ store: 'store1', target })),
    {
      clock,
      first_xid: 0xfffffffe,
      path() {
        const port = network.port(3);
        return store.is_reached && port !== undefined
          ? { port, mac: STORE_MAC.store1, source: '10.0.2.254' }
          : undefined;
      },
      send(_port, frame) {
        frames.push(frame);
        if (store.delay_ms === undefined) return true;
        const answer = storeAnswer('store1', frame, store.outcome);
        const is_served =
          store.only_port === undefined || requireFrame(frame).udp?.destinationPort === store.only_port;
        if (answer !== undefined && is_served) {
          clock.after(store.delay_ms, () => health.receive(store.port, requireFrame(answer)));
        }
        return true;
      },
      hasBeenHeardSince: (time_ms) => store.is_switch_heard && clock.now_ms() > time_ms,
      onLate: (in_a_row) => late.push(in_a_row),
      responses(_store, callback) {
        const { responses, telling_ms } = store;
        if (telling_ms === 0) callback(responses);
        else clock.after(telling_ms, () => callback(responses));
      },
      onPardon: (_store, responses) => pardons.push(responses),
      onChange: () => changes.push(health.verdict('store1')),
    },
  );
  return { clock, changes, store, frames, late, pardons, health };
}

test('a store that answers is good after two checks, and stays so', () => {
  const { clock, changes, health } = setUp();
  expect(health.verdict('store1')).toBe('unknown');
  health.resume();
  clock.advance(200);
  expect(health.verdict('store1')).toBe('unknown');
  clock.advance(1);
  expect(health.verdict('store1')).toBe('good');
  clock.advance(60_000);
  expect(changes).toEqual(['good']);
  expect(health.checks('store1')[0]?.rtt_ms).toBe(1);
});

test('the check is a NULL call to the VIP at the MAC address of the store', () => {
  const { health, clock, frames } = setUp();
  health.resume();
  clock.advance(0);
  const frame = requireFrame(frames[0] ?? new Uint8Array());
  expect(frame.ethernet).toMatchObject({ destination: STORE_MAC.store1, source: '02:00:00:00:00:03' });
  expect(frame.ipv4).toMatchObject({ source: '10.0.2.254', destination: VIP });
  expect(frame.udp).toMatchObject({ sourcePort: 20490, destinationPort: 2049 });
  expect(Buffer.from(frame.udp?.payload ?? []).toString('hex')).toBe(
    'fffffffe 00000000 00000002 000186a3 00000003 00000000 00000000 00000000 00000000 00000000'.replaceAll(
      ' ',
      '',
    ),
  );
});

test('a store that dies right after an answer is bad within 800 ms, and good again after two answers', () => {
  const { clock, changes, store, health } = setUp();
  health.resume();
  clock.advance(1001);
  store.delay_ms = undefined;
  clock.advance(799 - 1);
  expect(health.verdict('store1')).toBe('good');
  clock.advance(1);
  expect(health.verdict('store1')).toBe('bad');
  expect(health.checks('store1')[0]?.last_failure).toBe('no answer within 200 ms');
  store.delay_ms = 1;
  clock.advance(401);
  expect(changes).toEqual(['good', 'bad', 'good']);
});

test('single losses do not matter', () => {
  const { clock, changes, store, health } = setUp();
  health.resume();
  for (let round = 0; round < 20; round += 1) {
    store.delay_ms = round % 3 === 0 ? 1 : undefined;
    clock.advance(200);
  }
  expect(changes).not.toContain('bad');
});

test('a store that says no is bad, with what it said', () => {
  const { clock, store, health } = setUp();
  store.outcome = { status: 'prog_unavail' };
  health.resume();
  clock.advance(1000);
  expect(health.verdict('store1')).toBe('bad');
  expect(health.checks('store1')[0]?.last_failure).toBe('answered prog_unavail');
});

test('one bad check of several makes a store bad', () => {
  const { clock, store, health } = setUp([
    nfs,
    { ...nfs, services: ['mount'], port: 20048, program: 100005 },
  ]);
  store.only_port = 2049;
  health.resume();
  clock.advance(1000);
  expect(health.checks('store1').map(({ verdict }) => verdict)).toEqual(['good', 'bad']);
  expect(health.verdict('store1')).toBe('bad');
});

test('answers by another port, late ones and repeated ones are counted, not believed', () => {
  const { clock, store, health } = setUp();
  store.port = 4;
  health.resume();
  clock.advance(1000);
  expect(health.verdict('store1')).toBe('bad');
  expect(health.counts.get('probe_replies_ignored')).toBeGreaterThanOrEqual(4);
  store.port = 3;
  store.delay_ms = 201;
  clock.advance(1000);
  expect(health.verdict('store1')).toBe('bad');
});

test('while held nothing is sent and nobody is judged', () => {
  const { clock, changes, store, frames, health } = setUp();
  health.resume();
  clock.advance(1000);
  store.delay_ms = undefined;
  clock.advance(300);
  health.hold();
  frames.length = 0;
  clock.advance(60_000);
  expect(frames).toEqual([]);
  expect(health.verdict('store1')).toBe('good');
  store.delay_ms = 1;
  health.resume();
  clock.advance(60_000);
  expect(changes).toEqual(['good']);
});

test('a controller that was stopped itself does not take its own lateness for a death', () => {
  const { clock, changes, store, frames, health } = setUp();
  health.resume();
  clock.advance(1000);
  // Answers wait to be read, behind the timers.
  store.delay_ms = undefined;
  for (let round = 0; round < 10; round += 1) {
    frames.length = 0;
    while (frames.length === 0) clock.advance(1);
    clock.stall(400);
    for (const frame of frames) {
      const answer = storeAnswer('store1', frame);
      if (answer !== undefined) health.receive(3, requireFrame(answer));
    }
  }
  expect(health.counts.get('probes_extended')).toBeGreaterThanOrEqual(10);
  expect(health.counts.get('probes_failed')).toBe(0);
  expect(changes).toEqual(['good']);
});

test('a controller that is always late finds a dead store all the same, and says that it is late', () => {
  const { clock, changes, late, store, health } = setUp();
  health.resume();
  clock.advance(1000);
  store.delay_ms = undefined;
  for (let round = 0; round < 400; round += 1) clock.stall(400);
  expect(changes).toEqual(['good', 'bad']);
  expect(late[0]).toBe(100);
});

test('nobody is judged while nothing at all comes from the switch', () => {
  const { clock, changes, store, health } = setUp();
  health.resume();
  clock.advance(1000);
  store.delay_ms = undefined;
  store.is_switch_heard = false;
  clock.advance(3000);
  expect(changes).toEqual(['good']);
  expect(health.counts.get('probes_in_doubt')).toBe(14);
  store.is_switch_heard = true;
  clock.advance(1000);
  expect(changes).toEqual(['good', 'bad']);
});

test('an answer from another address or port than was asked is counted, not believed', () => {
  const { clock, store, frames, health } = setUp();
  store.delay_ms = undefined;
  health.resume();
  clock.advance(0);
  const answer = requireFrame(storeAnswer('store1', frames[0] ?? new Uint8Array()) ?? new Uint8Array());
  const { ipv4, udp } = answer;
  if (ipv4 === undefined || udp === undefined) throw new Error('not an answer');
  health.receive(3, { ...answer, ipv4: { ...ipv4, source: '10.0.2.11' } });
  health.receive(3, { ...answer, udp: { ...udp, sourcePort: 2050 } });
  health.receive(3, { ...answer, udp: { ...udp, destinationPort: 900 } });
  expect(health.counts.get('probe_replies_ignored')).toBe(3);
  expect(health.counts.get('probes_good')).toBe(0);
  health.receive(3, answer);
  expect(health.counts.get('probes_good')).toBe(1);
});

test('what was asked before a hold does not count after it, answered or not', () => {
  const { clock, store, frames, health } = setUp();
  store.delay_ms = undefined;
  health.resume();
  clock.advance(0);
  const answer = requireFrame(storeAnswer('store1', frames[0] ?? new Uint8Array()) ?? new Uint8Array());
  health.hold();
  health.receive(3, answer);
  clock.advance(1000);
  expect(health.counts.get('probes_good')).toBe(0);
  expect(health.counts.get('probes_failed')).toBe(0);
  expect(clock.waiting).toBe(0);
});

test('a store that cannot be reached is not judged by its silence', () => {
  const { clock, store, health } = setUp();
  store.is_reached = false;
  health.resume();
  clock.advance(60_000);
  expect(health.verdict('store1')).toBe('unknown');
});

test('one that the switch was using is presumed good until its checks fail', () => {
  const { clock, store, health } = setUp();
  health.presumeGood('store1');
  expect(health.verdict('store1')).toBe('good');
  store.delay_ms = undefined;
  health.resume();
  clock.advance(800);
  expect(health.verdict('store1')).toBe('bad');
});

test('services that ask for the same are checked once per store', () => {
  const checks = planChecks(network).map(({ store, target }) => [store, target.port, target.services]);
  expect(checks).toEqual(
    ['store1', 'store2', 'store3'].map((store) => [store, 2049, ['nfs-udp', 'nfs-tcp']]),
  );
});

test('stores of pools that only rules use are checked, too', () => {
  const config = exampleConfig();
  const [files] = config.virtual_stores;
  const [all] = files?.pools ?? [];
  const service = files?.services.find(({ name }) => name === 'nfs-udp');
  if (files === undefined || all === undefined || service === undefined) throw new Error('no service');
  files.pools = [
    { ...all, stores: all.stores.slice(0, 2) },
    { ...all, name: 'readers', stores: all.stores.slice(2) },
  ];
  service.rules = [{ pool: 'readers', procedures: 'reads' }];
  const checked = planChecks(new Network(config)).map(({ store }) => store);
  expect(checked).toEqual(['store1', 'store2', 'store3']);
});

describe('a store that answers clients', () => {
  /** Checks are not answered from now on; clients are, so many times in 100 ms. */
  const silence = ({ clock, store }: ReturnType<typeof setUp>, ms: number, responses = 1) => {
    store.delay_ms = undefined;
    for (let passed = 0; passed < ms; passed += 100) {
      store.responses = (store.responses ?? 0) + responses;
      clock.advance(100);
    }
  };
  const started = (targets?: CheckTarget[]) => {
    const all = setUp(targets);
    all.health.resume();
    all.clock.advance(1000);
    expect(all.changes.at(-1)).toBe('good');
    return all;
  };

  test('is not taken out while its checks are not answered, and that is told once', () => {
    const all = started();
    silence(all, 2000);
    expect(all.health.verdict('store1')).toBe('good');
    expect(all.pardons).toEqual([2]);
    expect(all.health.counts.get('probes_pardoned')).toBeGreaterThan(3);
    all.store.delay_ms = 1;
    all.clock.advance(400);
    silence(all, 1000);
    expect(all.health.verdict('store1')).toBe('good');
    expect(all.pardons).toHaveLength(2);
  });

  test('is taken out as soon as it answers them no more', () => {
    const all = started();
    silence(all, 1000);
    silence(all, 300, 0);
    expect(all.changes.at(-1)).toBe('bad');
  });

  test('is taken out as ever if what it has answered was before its checks failed', () => {
    const all = started();
    silence(all, 200, 100);
    silence(all, 700, 0);
    expect(all.changes.at(-1)).toBe('bad');
  });

  test('is taken out if the switch does not tell', () => {
    const all = started();
    all.store.responses = undefined;
    all.store.delay_ms = undefined;
    all.clock.advance(800);
    expect(all.changes.at(-1)).toBe('bad');
  });

  test('is not taken out where the switch takes its time to tell', () => {
    const all = started();
    all.store.telling_ms = 300;
    silence(all, 1500);
    expect(all.health.verdict('store1')).toBe('good');
    silence(all, 1000, 0);
    expect(all.changes.at(-1)).toBe('bad');
  });

  test('is taken out in the end', () => {
    const all = started();
    silence(all, 4000);
    expect(all.changes.at(-1)).toBe('bad');
  });

  test('is taken out at once if it says that it cannot', () => {
    const all = started();
    all.store.outcome = { status: 'prog_unavail' };
    for (let passed = 0; passed < 800; passed += 100) {
      all.store.responses = (all.store.responses ?? 0) + 1;
      all.clock.advance(100);
    }
    expect(all.changes.at(-1)).toBe('bad');
  });

  test('is taken out if one of its programs answers its checks and another does not', () => {
    const mount = { ...nfs, services: ['mount'], port: 20048, program: 100005 };
    const all = started([nfs, mount]);
    all.store.only_port = 2049;
    for (let passed = 0; passed < 800; passed += 100) {
      all.store.responses = (all.store.responses ?? 0) + 1;
      all.clock.advance(100);
    }
    expect(all.changes.at(-1)).toBe('bad');
  });
});
