import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_FAULTS, Switch } from '../../../src/switch';
import { decodePcap } from '../../../src/wire/pcap';
import { programText } from '../program';

const FRAME = Buffer.from('020000000001020000000002080045000016000100004011aed4c00002010a000001cafe', 'hex');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'storeswitch-control-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Routes 10.0.0.0/8 to port 3, by a clock that stands still until it is moved. */
function router(): { one: Switch; clock: { now_us: number } } {
  const clock = { now_us: 1_000_000 };
  const program = JSON.parse(programText('router')) as object;
  const one = new Switch({ ports: [1, 3], program, now_us: () => clock.now_us });
  one.engine.insertEntry('route.routes', {
    match: [{ kind: 'lpm', value: 0x0a000000n, prefix_length: 8 }],
    priority: 0,
    action: { name: 'route.forward', args: [0x0200000000aan, 3n] },
    idle_timeout_ns: 0n,
  });
  return { one, clock };
}

test('a port that is down takes and gives nothing, and comes back', async () => {
  const { one } = router();
  await one.control.setPortUp(3, false);
  expect(one.exchange(1, FRAME)).toEqual([]);
  const [, third] = await one.control.ports();
  expect(third).toMatchObject({
    number: 3,
    up: false,
    enabled: false,
    stats: { tx_frames: 0, tx_dropped: 1 },
  });
  await one.control.setPortUp(3, true);
  expect(one.exchange(1, FRAME)).toHaveLength(1);
  await one.control.setPortUp(1, false);
  expect(one.exchange(1, FRAME)).toEqual([]);
  await expect(one.control.setPortUp(2, false)).rejects.toThrow('there is no port 2');
  await one.close();
});

test('captures hold what went in and out of each port, at the time of the clock', async () => {
  const { one, clock } = router();
  one.exchange(1, FRAME);
  await one.control.startCapture(folder);
  const [sent] = one.exchange(1, FRAME);
  clock.now_us += 5;
  one.exchange(1, FRAME);
  await one.control.stopCapture();
  one.exchange(1, FRAME);
  const read = (name: string): [number, string][] =>
    decodePcap(readFileSync(join(folder, name)), name).packets.map(({ timestamp_ns, data }) => [
      Number(timestamp_ns / 1000n),
      Buffer.from(data).toString('hex'),
    ]);
  expect(read('memory1_in.pcap')).toEqual([
    [1_000_000, FRAME.toString('hex')],
    [1_000_005, FRAME.toString('hex')],
  ]);
  expect(read('memory1_out.pcap')).toEqual([]);
  const out = Buffer.from(sent?.frame ?? []).toString('hex');
  expect(read('memory3_out.pcap').map(([, frame]) => frame)).toEqual([out, out]);
  await expect(one.control.startCapture(join(folder, 'missing'))).rejects.toThrow('missing: the folder');
  await one.close();
});

test('faults hit a port that runs, and are counted', async () => {
  const { one, clock } = router();
  await one.control.setFaults(3, { out: { ...NO_FAULTS, loss: 1 } });
  expect(one.exchange(1, FRAME)).toEqual([]);
  expect((await one.control.ports())[1]).toMatchObject({ faults: { lost: 1 } });
  await one.control.setFaults(1, { in: { ...NO_FAULTS, delay_us: 1000 } });
  await one.control.setFaults(3, undefined);
  const out: number[] = [];
  one.on('frame', (port) => out.push(port));
  one.inject(1, FRAME);
  clock.now_us += 999;
  one.tick();
  expect(out).toEqual([]);
  clock.now_us += 1;
  one.tick();
  expect(out).toEqual([3]);
  await one.close();
});

test('traces survive a new program and tell of ports that are down or missing', async () => {
  const { one } = router();
  await one.control.trace({});
  one.inject(1, FRAME);
  await one.control.setPortUp(3, false);
  one.inject(1, FRAME);
  const { traces, missed } = one.control.takeTraces();
  expect(missed).toBe(0);
  expect(traces.map(({ steps }) => steps.at(-1))).toEqual([
    { step: 'send', port: 3, length_bytes: 36 },
    { step: 'drop', reason: 'port', detail: 'port 3 is down' },
  ]);
  const program = JSON.parse(programText('router')) as object;
  await one.dataplane.stage(program);
  await one.dataplane.commit();
  one.inject(1, FRAME);
  expect(one.control.takeTraces().traces[0]?.steps.at(-1)).toMatchObject({ step: 'drop', reason: 'ingress' });
  await one.control.trace(undefined);
  one.inject(1, FRAME);
  expect(one.control.takeTraces().traces).toEqual([]);
  await one.close();
});
