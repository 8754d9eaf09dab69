/** Traces, captures and faults in the packet thread; its ports are files, so that no root is needed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_FAULTS } from '../../../src/switch';
import { SwitchControl } from '../../../src/switch/control/switch_control';
import { WorkerDataplane } from '../../../src/switch/worker/worker_dataplane';
import { decodePcap, encodePcap } from '../../../src/wire/pcap';
import { programText } from '../program';

const FRAMES = 5000;
/** Too short for IPv4: the program reports it by port 7. */
const SHORT = Buffer.from('02000000000102000000000208004500', 'hex');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'storeswitch-instruments-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function packets(name: string): Uint8Array[] {
  return decodePcap(readFileSync(join(folder, name)), name).packets.map(({ data }) => data);
}

/** Two ports of files, the frames waiting on port 1; `load` lets them come. */
async function start(): Promise<{
  control: SwitchControl;
  dataplane: WorkerDataplane;
  load: () => Promise<void>;
}> {
  const one = { timestamp_ns: 0n, originalLength: SHORT.length, data: SHORT };
  writeFileSync(join(folder, 'one_in.pcap'), encodePcap(new Array(FRAMES).fill(one)));
  writeFileSync(join(folder, 'seven_in.pcap'), encodePcap([]));
  const dataplane = await WorkerDataplane.start(
    ['one', 'seven'].map((name, i) => ({
      number: i === 0 ? 1 : 7,
      interface_name: join(folder, name),
      replay: { wait_s: 0 },
    })),
    {
      engine_module: join(__dirname, '../../../src/switch/v1model/engine.ts'),
      exec_argv: ['--require', join(__dirname, '..', 'swc_register.cjs')],
    },
  );
  const control = new SwitchControl(dataplane, () => undefined);
  return {
    control,
    dataplane,
    async load() {
      await dataplane.stage(JSON.parse(programText('router')) as object);
      await dataplane.commit();
      let replayed = 0;
      for (let tries = 0; tries < 5000 && replayed < FRAMES; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        replayed = (await control.ports())[0]?.stats.rx_frames ?? 0;
      }
    },
  };
}

test('a capture has every frame, the last ones too', async () => {
  const { control, dataplane, load } = await start();
  const captures = mkdtempSync(join(folder, 'captures-'));
  await control.startCapture(captures);
  await load();
  await control.stopCapture(1);
  await dataplane.close();
  control.close();
  const stem = join(captures, folder.replaceAll('/', '_'));
  const read = (name: string): number => decodePcap(readFileSync(`${stem}${name}`), name).packets.length;
  expect(read('_one_in.pcap')).toBe(FRAMES);
  // Ended by the end of the switch.
  expect(read('_seven_out.pcap')).toBe(FRAMES);
  expect(packets('seven_out.pcap')).toHaveLength(FRAMES);
});

test('traces cross threads, as many as asked for', async () => {
  const { control, dataplane, load } = await start();
  await control.trace({ packets_max: 3 });
  await load();
  const { traces } = control.takeTraces();
  expect(traces.map(({ packet, steps }) => [packet, steps.at(-1)?.step])).toEqual([
    [1, 'send'],
    [2, 'send'],
    [3, 'send'],
  ]);
  await dataplane.close();
  control.close();
});

test('faults and a port that is down act in the packet thread', async () => {
  const { control, dataplane, load } = await start();
  await expect(control.setFaults(1, { in: { ...NO_FAULTS, loss: 2 } })).rejects.toThrow(
    'loss 2: a probability',
  );
  await control.setFaults(1, { in: { ...NO_FAULTS, loss: 0.5 } });
  await control.setPortUp(7, false);
  await load();
  const [one, seven] = await control.ports();
  expect(one?.faults?.lost).toBeGreaterThan(FRAMES / 3);
  expect(seven?.stats.tx_dropped).toBe(FRAMES - (one?.faults?.lost ?? 0));
  await dataplane.close();
  control.close();
  expect(packets('seven_out.pcap')).toEqual([]);
});
