import { Switch } from '../../src/switch/switch';
import { parseTarget } from '../../src/p4runtime';
import { FrameQueue, type TargetKind } from './target';

const CPU_PORT = 255;

/** The embedded switch in this process with memory ports: no root needed. */
export const embedded: TargetKind = {
  name: 'embedded',
  skipped: undefined,
  async start(ports) {
    const sw = new Switch({ ports: [...ports], cpu_port: CPU_PORT });
    const queues = new Map(ports.map((port) => [port, new FrameQueue()]));
    sw.on('frame', (port, frame) => queues.get(port)?.push(frame));
    const address = await sw.listen('127.0.0.1:0', 1n);
    return {
      address: parseTarget(`grpc://${address}?device_id=1`),
      cpu_port: CPU_PORT,
      send: (port, frame) => sw.inject(port, frame),
      receive: (port, timeout_ms) => queues.get(port)?.next(timeout_ms) ?? Promise.resolve(undefined),
      stop: () => sw.close(),
    };
  },
};
