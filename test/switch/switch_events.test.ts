import { Switch, type SwitchEventMap } from '../../src/switch';
import { programText } from './program';

const CPU_PORT = 510;
const FRAME = Buffer.from('02000000000102000000000288b5cafe', 'hex');

/** The program `server`, without entries. */
function server(): { one: Switch; clock: { us: number } } {
  const clock = { us: 0 };
  const program = JSON.parse(programText('server')) as object;
  return {
    one: new Switch({ ports: [1, 2], program, cpu_port: CPU_PORT, now_us: () => clock.us }),
    clock,
  };
}

/** Every frame that gets to the table `filter` is learned. */
function learn(one: Switch): void {
  one.engine.insertEntry('switching.filter', {
    match: [
      { kind: 'optional', value: undefined },
      { kind: 'ternary', value: 0n, mask: 0n },
      { kind: 'range', low: 0n, high: 0xffffn },
    ],
    priority: 1,
    action: { name: 'switching.learn', args: [] },
    idle_timeout_ns: 0n,
  });
}

/** Frames to the destination of FRAME go to the controller. */
function punt(one: Switch, idle_timeout_ns: bigint): void {
  one.engine.insertEntry('switching.bridge', {
    match: [{ kind: 'exact', value: 0x020000000001n }],
    priority: 0,
    action: { name: 'switching.to_controller', args: [7n] },
    idle_timeout_ns,
  });
}

function heard<E extends keyof SwitchEventMap>(one: Switch, event: E): SwitchEventMap[E][] {
  const events: SwitchEventMap[E][] = [];
  const listener = (...args: SwitchEventMap[E]): unknown => events.push(args);
  one.on(event, listener as never);
  return events;
}

function patch(): Switch {
  const program = JSON.parse(programText('copies')) as object;
  return new Switch({ ports: [0, 1], program, now_us: () => 0 });
}

test('what a listener throws, inject throws, when the rest has been told', () => {
  const one = patch();
  const frames = heard(one, 'frame');
  one.on('frame', () => {
    throw new Error('not the frame that was expected');
  });
  expect(() => one.inject(0, FRAME)).toThrow('not the frame that was expected');
  expect(() => one.exchange(0, FRAME)).toThrow('not the frame that was expected');
  expect(frames).toHaveLength(2);
});

test('a listener that throws loses no frame', () => {
  const one = patch();
  one.engine.setMulticastGroup(9, [
    { port: 1, instance: 1 },
    { port: 0, instance: 2 },
  ]);
  const ports: number[] = [];
  one.on('frame', (port) => {
    ports.push(port);
    throw new Error(`port ${port}`);
  });
  expect(() => one.inject(0, Buffer.from('0209', 'hex'))).toThrow('port 1');
  expect(ports).toEqual([1, 0]);
});

test('what a listener throws of a packet-out is not for who sent it', () => {
  const { one } = server();
  one.on('frame', () => {
    throw new Error('not this one');
  });
  const uncaught = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
  one.dataplane.packetOut(Buffer.from(`0080${FRAME.toString('hex')}`, 'hex'));
  expect(uncaught).toHaveBeenCalledTimes(1);
  expect(uncaught.mock.calls[0]?.[0]).toThrow('not this one');
  uncaught.mockRestore();
});

test('listeners may inject, and ports wired in a loop end, counted', async () => {
  const one = patch();
  let left = 3;
  one.on('frame', (_, frame) => {
    if (left-- > 0) one.inject(0, frame);
  });
  const frames = heard(one, 'frame');
  one.inject(0, FRAME);
  expect(frames).toHaveLength(4);
  left = Infinity;
  one.inject(0, Uint8Array.of(6, 0));
  expect(frames).toHaveLength(4);
  one.inject(0, Uint8Array.of(5, 1));
  expect(frames.length).toBeGreaterThan(4096);
  expect((await one.dataplane.counts()).events_dropped).toBe(1);
});

test('digests and packet-ins are events, and the P4Runtime server has them too', () => {
  const { one } = server();
  learn(one);
  const digests = heard(one, 'digest');
  const to_server: string[] = [];
  one.dataplane.listen({
    packetIns: () => undefined,
    digests: (messages) => to_server.push(...messages.map(({ name }) => name)),
    idles: () => undefined,
    log: () => undefined,
    failed: () => undefined,
  });
  one.inject(1, FRAME);
  expect(digests).toEqual([['seen_t', [0x020000000002n, 1n]]]);
  expect(to_server).toEqual(['seen_t']);
});

test('packet-ins are events', () => {
  const { one } = server();
  punt(one, 0n);
  const packet_ins = heard(one, 'packet_in');
  one.inject(1, FRAME);
  expect(packet_ins.map(([frame]) => Buffer.from(frame).toString('hex'))).toEqual([
    expect.stringMatching(`${FRAME.toString('hex')}$`),
  ]);
});

test('an entry that idles out is an event of tick', () => {
  const { one, clock } = server();
  punt(one, 1_000_000n);
  const idles = heard(one, 'idle');
  one.tick();
  expect(idles).toEqual([]);
  clock.us = 2_000_000;
  one.tick();
  expect(idles).toMatchObject([['switching.bridge', { idle_timeout_ns: 1_000_000n }]]);
});

test('what the program says, and what the switch says of frames it drops, are events', () => {
  const program = JSON.parse(programText('storms')) as object;
  const one = new Switch({ ports: [1], program, now_us: () => 0 });
  const log = heard(one, 'log');
  one.inject(1, new Uint8Array(70000));
  expect(log).toEqual([['error', 'port 1: a frame of 70000 bytes: 65535 are the most: dropped']]);
});
