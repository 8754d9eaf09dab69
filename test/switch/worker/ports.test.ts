/** Ports that come and go while the switch runs. */
import { join } from 'node:path';
import { SwitchControl } from '../../../src/switch/control/switch_control';
import { AfPacketPort } from '../../../src/switch/ports/afpacket';
import { WorkerDataplane } from '../../../src/switch/worker/worker_dataplane';
import { FAKE_CPU_PORT } from '../fake_engine';
import { deleteInterface, is_root, makeVethPair } from '../ports/veth';

const options = {
  cpu_port: FAKE_CPU_PORT,
  engine_module: join(__dirname, '..', 'fake_engine.ts'),
  exec_argv: ['--require', join(__dirname, '..', 'swc_register.cjs')],
};

// Interfaces are made and opened, which needs root.
(is_root ? describe : describe.skip)('ports of a running switch', () => {
  const outside: AfPacketPort[] = [];
  let dataplane: WorkerDataplane;
  let control: SwitchControl;

  beforeEach(async () => {
    makeVethPair('ssp-a0', 'ssp-a1');
    makeVethPair('ssp-a2', 'ssp-a3');
    outside.push(new AfPacketPort(1, 'ssp-a1'), new AfPacketPort(2, 'ssp-a3'));
    dataplane = await WorkerDataplane.start([{ number: 1, interface_name: 'ssp-a0' }], options);
    control = new SwitchControl(dataplane, () => undefined);
    await dataplane.stage({ fake: true });
    await dataplane.commit();
  });

  afterEach(async () => {
    await dataplane.close();
    for (const port of outside.splice(0)) port.close();
    for (const name of ['ssp-a0', 'ssp-a2']) deleteInterface(name);
  });

  /** Frames that arrive outside of port 2 for one sent from outside to port 1. */
  async function crossed(): Promise<number> {
    const [left, right] = outside;
    if (left === undefined || right === undefined) throw new Error('no ports');
    let received = 0;
    right.onReceive(() => received++);
    const before = (await control.ports())[0]?.stats.rx_frames ?? 0;
    const frame = new Uint8Array(60);
    frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    left.transmit(frame, 0, frame.length);
    left.flush();
    for (let tries = 0; tries < 1000; tries++) {
      if (((await control.ports())[0]?.stats.rx_frames ?? 0) > before) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // Asked after the frame was through.
    await control.ports();
    while (right.receiveBatch(64) > 0);
    return received;
  }

  test('one is added, taken away and added again', async () => {
    expect(await crossed()).toBe(0);
    await control.addPort(2, 'ssp-a2');
    expect((await control.ports()).map(({ number, name, up }) => [number, name, up])).toEqual([
      [1, 'ssp-a0', true],
      [2, 'ssp-a2', true],
    ]);
    expect(await crossed()).toBe(1);
    await control.removePort(2);
    expect(await crossed()).toBe(0);
    await control.addPort(2, 'ssp-a2');
    expect(await crossed()).toBe(1);
  });

  test('what cannot be is said, and changes nothing', async () => {
    await expect(control.addPort(1, 'ssp-a2')).rejects.toThrow('there is a port 1 already');
    await expect(control.addPort(2, 'ssp-none')).rejects.toThrow('port 2@ssp-none');
    await expect(control.addPort(FAKE_CPU_PORT, 'ssp-a2')).rejects.toThrow('is the CPU port');
    await expect(control.removePort(2)).rejects.toThrow('there is no port 2');
    expect((await control.ports()).map(({ number }) => number)).toEqual([1]);
  });
});
