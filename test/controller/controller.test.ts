/** The controller on a real switch: every target there is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Controller, ControllerError, type ControllerOptions } from '../../src/controller';
import { systemClock, type Clock } from '../../src/controller/clock';
import { CLIENTS_FLUSH_MS } from '../../src/controller/virtualizer';
import type { Config } from '../../src/config/config';
import { loadProgram } from '../../src/dataplane/program';
import { Client, ElectionIdInUseError, parseTarget, UnreachableError } from '../../src/p4runtime';
import { Switch } from '../../src/switch/switch';
import { TCP_FLAG } from '../../src/wire/tcp';
import { targets } from '../targets';
import { FrameQueue, type RunningTarget } from '../targets/target';
import { fragments, nfsCall, tcpSegment } from '../p4/packets';
import { exampleConfig, PORT_MAC, requireFrame, STORES } from './example';
import { CLIENT1, CLIENT2, Site, until } from './site';

const PORTS = [1, 2, 3, 4, 5, 101];
/** A store has long to answer, since switch, stores and controller may share one busy process. */
const HEALTH = 'health: { interval_ms: 200, timeout_ms: 500 }';
const logger = pino({ level: process.env.STORESWITCH_TEST_LOG ?? 'silent' });

const states = (controller: Controller) =>
  Object.fromEntries(controller.stores().map(({ name, state }) => [name, state]));
const allUp = (controller: Controller) => () => controller.stores().every(({ state }) => state === 'up');
/** All stores are up, and the switch knows: the last that is written of a store is that it is not down. */
const inStep = (controller: Controller) =>
  until('stores are up', async () => {
    return allUp(controller)() && (await controller.readTable('store_down')).entries.length === 0;
  });
const written = ({ inserted, modified, deleted, failed }: ReturnType<Controller['status']>['writes']) =>
  inserted + modified + deleted + failed;

describe.each(targets)('controller on $name', (kind) => {
  if (kind.skipped !== undefined) {
    test.skip(kind.skipped, () => undefined);
    return;
  }
  let target: RunningTarget;
  let site: Site;
  const controllers: Controller[] = [];

  beforeEach(async () => {
    target = await kind.start(PORTS);
    site = new Site(target);
  });

  afterEach(async () => {
    for (const controller of controllers.splice(0)) await controller.stop();
    await site.close();
    await target.stop();
  });

  function create(
    options: Partial<ControllerOptions> = {},
    change: (config: Config) => void = () => undefined,
  ) {
    const config = exampleConfig(HEALTH);
    change(config);
    const controller = new Controller(config, { logger, target: target.address, ...options });
    controllers.push(controller);
    return controller;
  }

  async function running(options: Partial<ControllerOptions> = {}, change?: (config: Config) => void) {
    const controller = create(options, change);
    await controller.start();
    return controller;
  }

  /** Calls until each store has had one. */
  async function callAll(): Promise<void> {
    site.calls.clear();
    let xid = Math.floor(Math.random() * 0x7fffffff);
    await until('every store is called', () => {
      site.call(CLIENT1, xid++);
      return site.calls.size === site.alive.size;
    });
  }

  test('from an empty switch to answered calls', async () => {
    const controller = await running();
    expect(controller.status()).toMatchObject({ state: 'running', problems: [] });
    await inStep(controller);
    await callAll();
    await until(
      'the client is learned',
      async () => (await controller.readTable('client_route')).entries.length === 1,
    );
    expect(controller.status().clients).toBe(1);
    await until('answers arrive', () => site.received(CLIENT1).length > 3);
    const answer = requireFrame(site.received(CLIENT1)[0] ?? new Uint8Array());
    expect(answer.ethernet).toMatchObject({ destination: CLIENT1.mac, source: PORT_MAC(1) });
    const route = await controller.readTable('client_route');
    expect(route.entries).toEqual([
      {
        key: { dst_addr: `${CLIENT1.address}/32` },
        action: 'client_route.forward',
        params: { port: 'c1', mac: CLIENT1.mac },
      },
    ]);
    const { drops, services, stores, controller: own } = await controller.readCounters();
    expect(services['share/nfs-udp']?.requests.packets).toBeGreaterThan(3);
    for (const store of STORES) expect(stores[store]?.requests.packets).toBeGreaterThan(0);
    expect(drops.no_store).toEqual({ packets: 0, bytes: 0 });
    // By a digest, or by ARP if the first answer was faster.
    expect(Number(own.clients_learned) + Number(own.clients_resolved)).toBe(1);
    const tables = await controller.tables();
    expect(tables.find(({ name }) => name === 'slot')).toMatchObject({ entries: 1024, size: 65536 });
    expect(controller.services()[0]).toMatchObject({ name: 'nfs-udp', state: 'available' });
    expect(controller.status().problems).toEqual([]);
  });

  test('a request whose fragments come in disorder reaches one store in order', async () => {
    const controller = await running();
    await inStep(controller);
    const frames = fragments(
      nfsCall({
        procedure: 7,
        data: Uint8Array.from({ length: 8192 }, (_, i) => i & 0xff),
        addresses: { sourceMac: CLIENT1.mac, destinationMac: PORT_MAC(CLIENT1.port) },
        ipv4: { identification: 77 },
      }),
    );
    site.send(
      CLIENT1,
      [3, 1, 0, 5, 2, 4].flatMap((index) => frames[index] ?? []),
    );
    await until('all fragments arrive', () => [...site.fragments.values()].flat().length === frames.length);
    expect(site.fragments.size).toBe(1);
    const arrived = [...site.fragments.values()].flat().map((frame) => frame.subarray(14));
    expect(arrived.map((bytes) => Buffer.from(bytes))).toEqual(
      frames.map((frame) => Buffer.from(frame.subarray(14))),
    );
    const { controller: counts } = await controller.readCounters();
    expect(counts).toMatchObject({ fragments_received: 6, fragmented_requests_completed: 1 });
  });

  test('a response to a client nobody knows waits for ARP and arrives', async () => {
    const controller = await running();
    site.respond('store1', CLIENT2);
    await until('the response arrives', () => site.received(CLIENT2).length === 1);
    expect(site.arp_requests).toContain(CLIENT2.address);
    const frame = requireFrame(site.received(CLIENT2)[0] ?? new Uint8Array());
    expect(frame.ethernet).toMatchObject({ destination: CLIENT2.mac, source: PORT_MAC(2) });
    await until(
      'the route is written',
      async () => (await controller.readTable('client_route')).entries.length === 1,
    );
    const { controller: counts } = await controller.readCounters();
    expect(counts).toMatchObject({ clients_resolved: 1, frames_resolved: 1 });
  });

  test('a store that dies is out, and returns', async () => {
    const controller = await running();
    await inStep(controller);
    site.alive.delete('store2');
    await until('store2 is down', () => states(controller).store2 === 'down');
    await until(
      'the switch knows',
      async () => (await controller.readTable('store_down')).entries.length === 1,
    );
    expect((await controller.readTable('store_down')).entries[0]?.key).toEqual({ store_id: 'store2' });
    await callAll();
    expect([...site.calls.keys()].sort()).toEqual(['store1', 'store3']);
    expect(controller.stores()[1]?.checks[0]).toMatchObject({
      verdict: 'bad',
      last_failure: 'no answer within 500 ms',
    });
    site.alive.add('store2');
    await inStep(controller);
    await callAll();
  });

  test('restarting writes nothing, forgets no client, and traffic flows meanwhile', async () => {
    const first = await running();
    await inStep(first);
    await callAll();
    // Its last entry: a controller that is stopped before has learned nothing for good.
    await until(
      'the client is learned',
      async () => (await first.readTable('client_known')).entries.length === 1,
    );
    await first.stop();
    const before = site.received(CLIENT1).length;
    site.call(CLIENT1, 4711);
    await until('the call is answered without a controller', () => site.received(CLIENT1).length > before);
    const second = await running();
    expect(second.status()).toMatchObject({ state: 'running', clients: 1 });
    expect(allUp(second)()).toBe(true);
    await until(
      'checks were answered',
      async () => ((await second.readCounters()).controller.probes_good ?? 0) > 9,
    );
    expect(second.status().writes).toMatchObject({ inserted: 0, modified: 0, deleted: 0, failed: 0 });
    expect(second.status().writes.adopted).toBeGreaterThan(1024);
  });

  test('a session that has begun just before it stops is pinned', async () => {
    // What waits for more to say says nothing by itself.
    const clock: Clock = {
      ...systemClock,
      after: (delay_ms, callback) =>
        delay_ms === CLIENTS_FLUSH_MS ? { cancel: () => undefined } : systemClock.after(delay_ms, callback),
    };
    const first = await running({ clock });
    await inStep(first);
    await until('the session is known', () => {
      site.send(CLIENT1, [
        tcpSegment(4711, TCP_FLAG.syn, {
          sourceMac: CLIENT1.mac,
          destinationMac: PORT_MAC(CLIENT1.port),
          source: CLIENT1.address,
        }),
      ]);
      return first.status().sessions === 1;
    });
    await first.stop();
    const second = await running();
    expect(second.status()).toMatchObject({ sessions: 1 });
  });

  test('a client that falls silent is forgotten', async () => {
    const controller = await running({}, ({ limits }) => (limits.client_route_idle_ms = 1000));
    await inStep(controller);
    await callAll();
    const clients = async () => (await controller.readTable('client_known')).entries.length;
    await until('the client is known', async () => (await clients()) === 1);
    await until('the client is forgotten', async () => (await clients()) === 0);
    await until(
      'so is its route',
      async () => (await controller.readTable('client_route')).entries.length === 0,
    );
    expect((await controller.readCounters()).controller.clients_aged).toBe(1);
  });

  test('knows responses by their senders, and bounds what clients send it', async () => {
    const controller = await running({}, ({ limits }) => (limits.client_packet_ins_per_second_max = 5000));
    await inStep(controller);
    const senders = (await controller.readTable('sender')).entries;
    expect(senders.map(({ params }) => params.store_id).sort()).toEqual(['store1', 'store2', 'store3']);
    await controller.stop();
    const client = new Client(target.address, { p4info: loadProgram().p4info, election_id: 99n });
    await client.start();
    const rates = [];
    for await (const { config } of client.readMeter('client_rate')) rates.push(config);
    const rate = { cir: 5000n, cburst: 500n, pir: 5000n, pburst: 500n };
    expect(rates).toEqual(Array.from({ length: 1024 }, () => rate));
    // Another limit after a restart is written; the same one is not.
    const next = await running({}, ({ switch: target_switch, limits }) => {
      target_switch.election_id = 100;
      limits.client_packet_ins_per_second_max = 100;
    });
    const read = [];
    for await (const { config } of client.readMeter('client_rate', 1023)) read.push(config);
    expect(read).toEqual([{ cir: 100n, cburst: 64n, pir: 100n, pburst: 64n }]);
    await next.stop();
    client.close();
  });

  test('drain takes a store out of new placement, restore brings it back, a restart remembers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'storeswitch-controller-'));
    const state_file = join(folder, 'state.json');
    try {
      const controller = await running({ state_file });
      await inStep(controller);
      await controller.drain('store1');
      const slots = (await controller.readTable('slot')).entries;
      expect(slots).toHaveLength(1024);
      expect(slots.map(({ params }) => params.store_id)).not.toContain('store1');
      expect(controller.stores()[0]).toMatchObject({ state: 'draining', pools: [{ slots: 0 }] });
      expect((await controller.readTable('store_down')).entries).toEqual([]);
      await controller.stop();
      const second = await running({ state_file });
      expect(states(second)).toMatchObject({ store1: 'draining' });
      expect(written(second.status().writes)).toBe(0);
      await second.restore('store1');
      expect(states(second)).toMatchObject({ store1: 'up' });
      await expect(second.drain('store9')).rejects.toThrow(
        'there is no store "store9"; there are store1, store2, store3',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a second controller: with our election id refused, with a lower one backup, with a higher one primary', async () => {
    const first = await running({}, ({ switch: target_switch }) => (target_switch.election_id = 5));
    await inStep(first);
    const same = create({}, ({ switch: target_switch }) => (target_switch.election_id = 5));
    await expect(same.start()).rejects.toThrow(ElectionIdInUseError);
    expect(same.status()).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('election id 5') as string,
    });
    const lower = await running({}, ({ switch: target_switch }) => (target_switch.election_id = 3));
    expect(lower.status()).toMatchObject({
      state: 'backup',
      reason: 'the controller with election id 5 is primary',
    });
    await lower.stop();
    const higher = await running({}, ({ switch: target_switch }) => (target_switch.election_id = 9));
    expect(higher.status().state).toBe('running');
    await until('the first is backup', () => first.status().state === 'backup');
    expect(states(first)).toEqual({ store1: 'up', store2: 'up', store3: 'up' });
    await higher.stop();
    await until('the first is primary again', () => first.status().state === 'running');
  });

  test('a store behind a port the switch does not have is unresolved, and says so', async () => {
    const controller = await running({}, ({ ports }) => {
      for (const port of ports) if (port.name === 's3') port.number = 77;
    });
    await until(
      'the others are up',
      () => controller.stores().filter(({ state }) => state === 'up').length === 2,
    );
    await until(
      'store3 is given up',
      () => controller.stores()[2]?.reason === 'no answer to ARP for 10.0.2.13 on port s3 (77)',
    );
    await callAllBut('store3');
  });

  async function callAllBut(missing: (typeof STORES)[number]): Promise<void> {
    site.alive.delete(missing);
    await callAll();
  }
});

test('a switch that was restarted is filled again, and no store is given up meanwhile', async () => {
  const options = { ports: PORTS, cpu_port: 255 };
  const before = new Switch(options);
  const address = await before.listen('127.0.0.1:0', 1n);
  const target = (sw: Switch): RunningTarget => {
    const queues = new Map(PORTS.map((port) => [port, new FrameQueue()]));
    sw.on('frame', (port, frame) => queues.get(port)?.push(frame));
    return {
      address: parseTarget(`grpc://${address}?device_id=1`),
      cpu_port: 255,
      send: (port, frame) => sw.inject(port, frame),
      receive: (port, timeout_ms) => queues.get(port)?.next(timeout_ms) ?? Promise.resolve(undefined),
      stop: () => sw.close(),
    };
  };
  const first_site = new Site(target(before));
  const seen = new Set<string>();
  const controller = new Controller(exampleConfig(HEALTH, address), { logger });
  await controller.start();
  await inStep(controller);
  await first_site.close();
  await before.close();
  await until('the loss is noticed', () => controller.status().state === 'connecting');
  const after = new Switch(options);
  await after.listen(address, 1n);
  const site = new Site(target(after));
  await until('it is in step again', () => {
    for (const { name, state } of controller.stores()) seen.add(`${name} ${state}`);
    return controller.status().state === 'running';
  });
  expect([...seen].sort()).toEqual(['store1 up', 'store2 up', 'store3 up']);
  expect((await controller.readTable('slot')).entries).toHaveLength(1024);
  expect((await controller.readTable('store_down')).entries).toEqual([]);
  await controller.stop();
  await site.close();
  await after.close();
});

describe('controller without a switch', () => {
  const config = () => exampleConfig('', '127.0.0.1:1');

  test('says so and keeps trying', async () => {
    const controller = new Controller(config(), { logger });
    const started = controller.start();
    await until('it has tried', () => controller.status().reason !== undefined);
    expect(controller.status()).toMatchObject({
      state: 'connecting',
      reason: expect.stringContaining('127.0.0.1:1') as string,
    });
    await expect(controller.drain('store1')).resolves.toBeUndefined();
    await controller.stop();
    await started;
    expect(controller.status().state).toBe('stopped');
  });

  test('fails at once if asked to', async () => {
    const controller = new Controller(config(), { logger, fail_fast: true });
    await expect(controller.start()).rejects.toThrow(UnreachableError);
    await controller.stop();
  });

  test('a configuration the program cannot run is refused', () => {
    const wrong = config();
    wrong.switch.cpu_port = 64;
    expect(() => new Controller(wrong, { logger })).toThrow(ControllerError);
    const unnumbered = config();
    for (const port of unnumbered.ports) if (port.role === 'internal') port.addresses = [];
    expect(() => new Controller(unnumbered, { logger })).toThrow(
      'port s1: addresses: found none, expected one: health checks of store store1 come from it',
    );
  });
});
