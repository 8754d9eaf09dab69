import { NOT_A_REQUEST, type PuntedFrame } from '../../src/dataplane/packet_io';
/** The controller's decisions as a whole, with stores that answer and tables that are only wanted. */
import pino from 'pino';
import { readLeftover } from '../../src/controller/leftover';
import { Network } from '../../src/controller/network';
import { Virtualizer } from '../../src/controller/virtualizer';
import { storeStatuses, serviceStatuses } from '../../src/controller/reports';
import { CPU_PORT } from '../../src/dataplane/constants';
import { sessionPin } from '../../src/dataplane/session_pin';
import { slot } from '../../src/dataplane/slot';
import { storeDown } from '../../src/dataplane/store_down';
import type { Row } from '../../src/dataplane/table';
import { TCP_FLAG } from '../../src/wire/tcp';
import { tcpSegment } from '../p4/packets';
import { exampleConfig, requireFrame, STORE_PORT, storeAnswer, STORES, type StoreName } from './example';
import { FakeClock } from './fake_clock';

function setUp(config = exampleConfig()) {
  const clock = new FakeClock();
  const network = new Network(config);
  const wanted = new Map<string, readonly Row[]>();
  const alive = new Set<StoreName>(STORES);
  /** A switch that does not run takes frames, and does nothing with them. */
  const switch_state = { is_running: true };
  const stalls: number[] = [];
  const recorded: PuntedFrame[] = [];
  /** What was said, in order. */
  const said: string[] = [];
  /** TCP segments sent. */
  const probed: Uint8Array[] = [];
  const written = {
    is_held: false,
    waiting: [] as (() => void)[],
    release() {
      this.is_held = false;
      for (const callback of this.waiting.splice(0)) callback();
    },
  };
  const virtualizer: Virtualizer = new Virtualizer({
    network,
    clock,
    logger: pino({ level: 'silent' }),
    first_xid: 1,
    send(port_number, frame) {
      if (!switch_state.is_running) return true;
      if (requireFrame(frame).tcp !== undefined) probed.push(frame);
      if (port_number === CPU_PORT) clock.after(1, () => virtualizer.path.canaryReturned());
      const store = STORES.find((name) => STORE_PORT[name] === port_number);
      const answer = store !== undefined && alive.has(store) ? storeAnswer(store, frame) : undefined;
      if (answer === undefined) return true;
      const reason = requireFrame(answer).arp === undefined ? 'service' : 'arp_reply';
      clock.after(1, () =>
        virtualizer.receive({ ...NOT_A_REQUEST, ingress_port: port_number, reason, frame: answer }),
      );
      return true;
    },
    record: (punted) => recorded.push(punted),
    responses: (_store_id, callback) => callback(undefined),
    want(tables) {
      for (const [table, rows] of tables) {
        said.push(`${table}: all ${rows.length}`);
        wanted.set(table, rows);
      }
    },
    change(changes) {
      for (const { row, is_wanted } of changes) {
        if (said.at(-1) !== row.table) said.push(row.table);
        const others = (wanted.get(row.table) ?? []).filter(({ key }) => key !== row.key);
        wanted.set(row.table, is_wanted ? [...others, row] : others);
      }
    },
    whenWritten(_rows, callback) {
      if (written.is_held) written.waiting.push(callback);
      else callback();
    },
    onStalled: (silent_ms) => stalls.push(silent_ms),
  });
  /** Time passes, and what has changed is said. */
  const run = (ms: number) => {
    for (let left = ms; left > 0; left -= 1) {
      clock.advance(1);
      virtualizer.flush();
    }
  };
  const states = () =>
    Object.fromEntries(virtualizer.stores.all().map(({ config, state }) => [config.name, state]));
  const owners = () => {
    const counts: Record<string, number> = {};
    for (const { entry } of wanted.get('slot') ?? []) {
      const id = slot.readAction(entry)?.params.store_id;
      const name = STORES.find((one) => network.storeId(one) === id) ?? 'nobody';
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  const down = () =>
    (wanted.get('store_down') ?? []).map(({ entry }) =>
      STORES.find((name) => network.storeId(name) === storeDown.readKey(entry)?.store_id),
    );
  return {
    clock,
    network,
    wanted,
    alive,
    switch_state,
    stalls,
    recorded,
    probed,
    written,
    said,
    virtualizer,
    run,
    states,
    owners,
    down,
  };
}

test('stores are found, checked, and share the slots', () => {
  const { virtualizer, run, states, owners, down } = setUp();
  expect(states()).toEqual({ store1: 'unresolved', store2: 'unresolved', store3: 'unresolved' });
  virtualizer.resume();
  run(50);
  expect(states()).toMatchObject({ store1: 'unknown' });
  run(1000);
  expect(states()).toEqual({ store1: 'up', store2: 'up', store3: 'up' });
  expect(Object.values(owners()).sort()).toEqual([341, 341, 342]);
  expect(down()).toEqual([]);
});

test('a store that dies is out within a second and comes back', () => {
  const { virtualizer, run, states, owners, down, alive } = setUp();
  virtualizer.resume();
  run(2000);
  const before = owners();
  alive.delete('store2');
  run(1000);
  expect(states()).toEqual({ store1: 'up', store2: 'down', store3: 'up' });
  expect(down()).toEqual(['store2']);
  expect(Object.keys(owners()).sort()).toEqual(['store1', 'store3']);
  alive.add('store2');
  run(1000);
  expect(owners()).toEqual(before);
  expect(down()).toEqual([]);
});

/** What follows without time passing. */
const settle = () => Promise.resolve();

test('that a store is down is said before any slot is computed, and that it is back after all slots', async () => {
  const { virtualizer, run, states, alive, said, clock } = setUp();
  virtualizer.resume();
  run(2000);
  said.length = 0;
  const until = (state: string) => {
    for (let ms = 0; states()['store2'] !== state && ms < 2000; ms++) clock.advance(1);
  };
  alive.delete('store2');
  until('down');
  await settle();
  expect(said).toEqual(['store_down', 'store: all 3', 'sender: all 3']);
  clock.advance(0);
  expect(said).toEqual(['store_down', 'store: all 3', 'sender: all 3', 'slot', 'store_down: all 1']);
  said.length = 0;
  alive.add('store2');
  until('up');
  await settle();
  clock.advance(0);
  expect(said).toEqual(['store: all 3', 'sender: all 3', 'slot', 'store_down: all 0']);
});

test('a store that never answers is out, and says why', () => {
  const { virtualizer, run, network, clock, alive, owners } = setUp();
  alive.delete('store3');
  virtualizer.resume();
  run(5000);
  const [, , status] = storeStatuses(network, virtualizer, clock.now_ms());
  expect(status).toMatchObject({
    name: 'store3',
    state: 'unresolved',
    reason: 'no answer to ARP for 10.0.2.13 on port s3 (5)',
    pools: [{ slots: 0, slots_total: 1024 }],
  });
  expect(owners()).not.toHaveProperty('store3');
});

test('when no store serves, slots keep their last owners and services say so', () => {
  const { virtualizer, run, network, owners, down, states, alive } = setUp();
  virtualizer.resume();
  run(2000);
  expect(serviceStatuses(network, virtualizer)[0]?.state).toBe('available');
  alive.clear();
  run(1000);
  expect(new Set(Object.values(states()))).toEqual(new Set(['down']));
  // The last to be found dead has everything, and is not listed: nobody else could answer.
  expect(Object.values(owners())).toEqual([1024]);
  expect(down()).toHaveLength(2);
  expect(down()).not.toContain(Object.keys(owners())[0]);
  expect(serviceStatuses(network, virtualizer)[0]?.state).toBe('unavailable');
  alive.add('store1').add('store2').add('store3');
  run(1000);
  expect(Object.values(owners()).sort()).toEqual([341, 341, 342]);
  expect(down()).toEqual([]);
});

test('before any store has served, slots are shared among all, and all stores are down', () => {
  const { virtualizer, owners, down, alive, run } = setUp();
  alive.clear();
  virtualizer.resume();
  run(2000);
  expect(Object.values(owners()).sort()).toEqual([341, 341, 342]);
  expect(down()).toEqual(STORES);
});

test('a switch that stands still is not taken for dead stores', () => {
  const { virtualizer, run, states, owners, down, switch_state, stalls, network, clock } = setUp();
  virtualizer.resume();
  run(2000);
  const before = owners();
  switch_state.is_running = false;
  run(3000);
  expect(states()).toEqual({ store1: 'up', store2: 'up', store3: 'up' });
  expect(storeStatuses(network, virtualizer, clock.now_ms())[0]?.held).toBe(true);
  expect(stalls).toEqual([]);
  switch_state.is_running = true;
  run(3000);
  expect(owners()).toEqual(before);
  expect(down()).toEqual([]);
  expect(states()).toEqual({ store1: 'up', store2: 'up', store3: 'up' });
  expect(storeStatuses(network, virtualizer, clock.now_ms())[0]?.held).toBe(false);
});

test('a switch that stands still for long is told of', () => {
  const { virtualizer, run, switch_state, stalls } = setUp();
  virtualizer.resume();
  run(2000);
  switch_state.is_running = false;
  run(6000);
  expect(stalls[0]).toBeGreaterThan(5000);
  virtualizer.hold();
  const told = stalls.length;
  run(6000);
  expect(stalls).toHaveLength(told);
});

test('while this process itself is stopped, the switch is not blamed', () => {
  const { virtualizer, run, clock, stalls } = setUp();
  virtualizer.resume();
  run(2000);
  clock.stall(60_000);
  run(1000);
  expect(stalls).toEqual([]);
});

test('a drained store gets no slots but still answers retransmissions, until nobody else serves', () => {
  const { virtualizer, run, owners, down, states, alive } = setUp();
  virtualizer.resume();
  run(2000);
  virtualizer.setDrain('store1', { deadline_ms: undefined });
  virtualizer.flush();
  expect(states()).toMatchObject({ store1: 'draining' });
  expect(owners()).not.toHaveProperty('store1');
  expect(down()).toEqual([]);
  alive.delete('store2');
  alive.delete('store3');
  run(1000);
  expect(owners()).toEqual({ store1: 1024 });
  alive.add('store2');
  run(1000);
  expect(owners()).toEqual({ store2: 1024 });
  virtualizer.setDrain('store1', undefined);
  virtualizer.flush();
  expect(Object.keys(owners()).sort()).toEqual(['store1', 'store2']);
});

test('while the switch is away no store is judged', () => {
  const { virtualizer, run, states, alive } = setUp();
  virtualizer.resume();
  run(2000);
  virtualizer.hold();
  alive.clear();
  run(10_000);
  expect(states()).toEqual({ store1: 'up', store2: 'up', store3: 'up' });
});

test('what an earlier controller left is wanted again, entry for entry', async () => {
  const first = setUp();
  first.virtualizer.resume();
  first.alive.delete('store2');
  first.run(5000);
  first.virtualizer.clients.learn({ ingress_port: 1, src_mac: '02:00:00:00:01:11', src_addr: '10.0.1.11' });
  first.virtualizer.flush();
  const second = setUp();
  await second.virtualizer.adopt(readLeftover((table) => first.wanted.get(table) ?? []));
  second.virtualizer.resume();
  const texts = (wanted: Map<string, readonly Row[]>) =>
    [...wanted.values()].flat().map(({ table, key, value }) => `${table} ${key} ${value}`);
  expect(new Set(texts(second.wanted))).toEqual(new Set(texts(first.wanted)));
});

const downIn = (wanted: Map<string, readonly Row[]>) =>
  (wanted.get(storeDown.name) ?? []).map(({ entry }) => storeDown.readKey(entry)?.store_id);

test('a store that is alone in one pool is down where others serve', () => {
  const config = exampleConfig();
  const [files] = config.virtual_stores;
  const [all] = files?.pools ?? [];
  if (files === undefined || all === undefined) throw new Error('no pool');
  files.pools.push({ ...all, name: 'primary', stores: all.stores.slice(0, 1) });
  const { virtualizer, run, alive, wanted } = setUp(config);
  virtualizer.resume();
  run(5000);
  alive.delete('store1');
  run(5000);
  expect(downIn(wanted)).toEqual([virtualizer.stores.all()[0]?.id]);
});

test('a store that the configuration has no more is down for as long as it may be remembered', async () => {
  const removed_id = 999;
  const { virtualizer, run, wanted } = setUp();
  const stores = [{ id: removed_id, mac: '02:00:00:00:02:99', port_number: 3 }];
  await virtualizer.adopt({ stores, stores_down: [], clients: [], sessions: [] });
  virtualizer.resume();
  run(120_000);
  expect(downIn(wanted)).toEqual([removed_id]);
  run(11_000);
  expect(downIn(wanted)).toEqual([]);
});

describe('sessions', () => {
  const CLIENT = { ingress_port: 1, src_mac: '02:00:00:00:01:11', src_addr: '10.0.1.11' };

  /** A client with connections at store1 from ports 701 on. */
  function withSessions(count: number) {
    const site = setUp();
    const { virtualizer, network, run, wanted } = site;
    virtualizer.resume();
    run(2000);
    virtualizer.clients.learn(CLIENT);
    const show = (port: number, flags: number = TCP_FLAG.syn, store: StoreName = 'store1') =>
      virtualizer.receive({
        ...NOT_A_REQUEST,
        ingress_port: 1,
        reason: 'session',
        store_id: network.storeId(store),
        frame: tcpSegment(port, flags, { source: CLIENT.src_addr }),
      });
    for (let port = 701; port <= 700 + count; port++) show(port);
    virtualizer.flush();
    const pins = () =>
      (wanted.get('session_pin') ?? []).map(({ entry }) => sessionPin.readKey(entry)?.src_port);
    const left = () => storeStatuses(network, virtualizer, site.clock.now_ms())[0]?.sessions;
    const ports = () => site.probed.map((frame) => requireFrame(frame).tcp?.destinationPort);
    return { ...site, show, pins, left, ports };
  }

  test('are pinned, and reset when their store dies', () => {
    const { run, alive, show, pins, left, ports } = withSessions(2);
    expect([pins(), left()]).toEqual([[701, 702], 2]);
    show(703, TCP_FLAG.syn, 'store2');
    alive.delete('store1');
    run(10_000);
    expect(ports().sort()).toEqual([701, 701, 701, 702, 702, 702]);
    expect([pins(), left()]).toEqual([[703], 0]);
  });

  test('are not pinned to a store that has died and returned, as far as it does not have them still', () => {
    const { run, alive, states, show, pins, left } = withSessions(3);
    alive.delete('store1');
    for (let tries = 0; states().store1 !== 'down' && tries < 1000; tries++) run(10);
    expect(pins()).toEqual([701, 702, 703]);
    show(701, TCP_FLAG.syn, 'store2');
    alive.add('store1');
    for (let tries = 0; states().store1 !== 'up' && tries < 1000; tries++) run(10);
    run(100);
    show(702, TCP_FLAG.ack);
    run(100);
    expect([pins().sort(), left()]).toEqual([[701, 702], 2]);
  });

  test('are reset only once the switch sends what is theirs elsewhere', () => {
    const { virtualizer, run, alive, written, ports } = withSessions(1);
    written.is_held = true;
    alive.delete('store1');
    run(5000);
    expect(ports()).toEqual([]);
    written.release();
    run(1);
    expect(ports()).toEqual([701]);
    expect(virtualizer.resets.size).toBe(1);
  });

  test('stay while their store drains, until its deadline, and stay drained then', () => {
    const { virtualizer, run, clock, states, down, show, left, ports, network } = withSessions(2);
    virtualizer.setDrain('store1', { deadline_ms: clock.now_ms() + 60_000 });
    virtualizer.flush();
    run(1);
    // Each was asked whether it is still there.
    expect(ports()).toEqual([701, 702]);
    show(701, TCP_FLAG.rst);
    run(50_000);
    expect([states().store1, down(), left()]).toEqual(['draining', [], 1]);
    expect(storeStatuses(network, virtualizer, clock.now_ms())[0]?.deadline_ms).toBe(9_999);
    run(12_100);
    expect([states().store1, down(), left()]).toEqual(['drained', ['store1'], 0]);
    // Asked twice more, every 30 s, and three times when it was reset.
    expect(ports()).toEqual([701, 702, 702, 702, 702, 702, 702]);
    expect(storeStatuses(network, virtualizer, clock.now_ms())[0]?.deadline_ms).toBe(0);
    virtualizer.setDrain('store1', undefined);
    run(10);
    expect([states().store1, down()]).toEqual(['up', []]);
  });

  test('are not reset where nobody else serves', () => {
    const { run, alive, down, left, ports } = withSessions(1);
    alive.clear();
    run(10_000);
    // It was the last to be found dead.
    expect([down(), ports(), left()]).toEqual([['store2', 'store3'], [], 1]);
    alive.add('store2');
    run(10_000);
    expect([down().sort(), ports().length, left()]).toEqual([['store1', 'store3'], 3, 0]);
  });

  test('are known to the next controller by their pins, and those of a store that is no more are reset', async () => {
    const first = withSessions(2);
    const second = setUp();
    second.virtualizer.clients.learn(CLIENT);
    const removed_id = 999;
    const leftover = readLeftover((table) => first.wanted.get(table) ?? []);
    const [one] = [...leftover.sessions];
    if (one === undefined) throw new Error('no session');
    await second.virtualizer.adopt({
      ...leftover,
      sessions: [one, { ends: { ...one.ends, client_port: 900 }, store_id: removed_id }],
    });
    second.virtualizer.resume();
    second.run(10_000);
    const { probed, virtualizer, network } = second;
    expect(probed.map((frame) => requireFrame(frame).tcp?.destinationPort)).toEqual([900, 900, 900]);
    expect(virtualizer.sessions.count(network.storeId('store1'))).toBe(1);
    expect(second.wanted.get('session_pin')).toHaveLength(1);
  });

  test('that begin while the next controller reads the switch are known to it', async () => {
    const first = withSessions(2);
    const second = withSessions(0);
    second.virtualizer.hold();
    // A new connection of a port that is pinned still.
    second.show(701, TCP_FLAG.syn, 'store2');
    second.show(703);
    await second.virtualizer.adopt(readLeftover((table) => first.wanted.get(table) ?? []));
    second.virtualizer.resume();
    const { virtualizer, network } = second;
    expect(second.pins().sort()).toEqual([701, 702, 703]);
    expect(virtualizer.sessions.count(network.storeId('store2'))).toBe(1);
    virtualizer.forget();
    expect(virtualizer.sessions.size).toBe(0);
  });

  test('nothing is left to do once the switch is away, and deadlines are kept', () => {
    const { virtualizer, run, clock, states, down, ports } = withSessions(1);
    virtualizer.setDrain('store1', { deadline_ms: clock.now_ms() + 5000 });
    run(1);
    virtualizer.hold();
    const asked = ports().length;
    run(20_000);
    expect([clock.waiting, ports().length]).toEqual([0, asked]);
    virtualizer.resume();
    run(10_000);
    expect([states().store1, down()]).toEqual(['drained', ['store1']]);
    expect(ports().length).toBe(asked + 3);
  });
});

test('frames that are none are counted', () => {
  const { virtualizer } = setUp();
  virtualizer.receive({ ...NOT_A_REQUEST, ingress_port: 3, reason: 'arp_reply', frame: new Uint8Array(5) });
  virtualizer.receive({ ...NOT_A_REQUEST, ingress_port: 3, reason: 'arp_reply', frame: new Uint8Array(60) });
  virtualizer.receive({ ...NOT_A_REQUEST, ingress_port: 3, reason: 'service', frame: new Uint8Array(60) });
  virtualizer.receive({
    ...NOT_A_REQUEST,
    ingress_port: 3,
    reason: 'client_route_miss',
    frame: new Uint8Array(60),
  });
  expect(virtualizer.counts.get('packet_ins_unreadable')).toBe(2);
  expect(virtualizer.health.counts.get('probe_replies_ignored')).toBe(1);
  expect(virtualizer.clients.counts.get('frames_dropped_not_ipv4')).toBe(1);
});

test('whatever is sampled is recorded, for whatever reason it came; what only was to be recorded is nothing else', () => {
  const { virtualizer, recorded } = setUp();
  virtualizer.resume();
  const punted = { ...NOT_A_REQUEST, ingress_port: 3, frame: new Uint8Array(60) };
  virtualizer.receive({ ...punted, reason: 'record', is_sampled: true });
  virtualizer.receive({ ...punted, reason: 'client_route_miss', is_sampled: true });
  virtualizer.receive({ ...punted, reason: 'client_route_miss' });
  expect(recorded.map(({ reason }) => reason)).toEqual(['record', 'client_route_miss']);
});
