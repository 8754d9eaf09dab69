import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AfPacketPort } from '../../src/switch/ports/afpacket';
import { inNamespace } from './namespace';
import { isOnPath } from '../../src/bench/on_path';
import { FrameQueue, type RunningTarget, type TargetKind } from './target';

const DEVICE_ID = 1n;
const CPU_PORT = 255;
const POLL_INTERVAL_MS = 1;
const BATCH_FRAMES = 64;
const START_TIMEOUT_MS = 20_000;

let started = 0;

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A switch as its users start it: a process on veth ports. `argv` takes simple_switch_grpc's flags. */
async function start(argv: readonly string[], ports: readonly number[]): Promise<RunningTarget> {
  const namespace = `sst-${process.pid}-${started++}`;
  const folder = mkdtempSync(join(tmpdir(), 'storeswitch-target-'));
  const socketPath = join(folder, 'grpc.sock');
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });

  ip('netns', 'add', namespace);
  for (const key of ['all', 'default']) {
    ip('netns', 'exec', namespace, 'sysctl', '-qw', `net.ipv6.conf.${key}.disable_ipv6=1`);
  }
  for (const port of ports) {
    ip('-n', namespace, 'link', 'add', `s${port}`, 'type', 'veth', 'peer', 'name', `t${port}`);
    for (const end of [`s${port}`, `t${port}`]) {
      ip('-n', namespace, 'link', 'set', end, 'arp', 'off', 'mtu', '9000', 'up');
    }
  }

  const child = spawn(
    'ip',
    [
      ...['netns', 'exec', namespace, ...argv, '--no-p4', '--device-id', String(DEVICE_ID)],
      ...ports.flatMap((port) => ['-i', `${port}@s${port}`]),
      ...['--', '--grpc-server-addr', `unix:${socketPath}`, '--cpu-port', String(CPU_PORT)],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const remove = async () => {
    child.kill('SIGTERM');
    await exited;
    ip('netns', 'delete', namespace);
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  // The socket's file is there before anybody listens on it.
  while (!(await accepts(socketPath))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const problem =
        child.exitCode === null ? 'did not open its gRPC socket' : `ended with status ${child.exitCode}`;
      await remove();
      throw new Error(`${argv.join(' ')} ${problem}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  const queues = new Map(ports.map((port) => [port, new FrameQueue()]));
  const wires = new Map(
    ports.map((port) => {
      const wire = inNamespace(namespace, () => new AfPacketPort(port, `t${port}`));
      wire.onReceive((_port, buffer, start, end) => queues.get(port)?.push(buffer.slice(start, end)));
      return [port, wire];
    }),
  );
  const poll = setInterval(() => {
    for (const wire of wires.values()) wire.receiveBatch(BATCH_FRAMES);
  }, POLL_INTERVAL_MS);

  const at = <T>(map: Map<number, T>, port: number): T => {
    const found = map.get(port);
    if (found === undefined) throw new Error(`no port ${port} on this target`);
    return found;
  };
  return {
    address: { socket_path: socketPath, device_id: DEVICE_ID },
    cpu_port: CPU_PORT,
    send: (port, frame) => {
      at(wires, port).transmit(frame, 0, frame.length);
      at(wires, port).flush();
    },
    receive: (port, timeout_ms) => at(queues, port).next(timeout_ms),
    async stop() {
      clearInterval(poll);
      for (const wire of wires.values()) wire.close();
      await remove();
    },
  };
}

const needsRoot = process.getuid?.() === 0 ? undefined : 'skipped: veth ports need root';

/** The command `storeswitch switch`, compiled. */
const MAIN = join(__dirname, '../../dist/cli/main.js');

/** The embedded switch with its packet thread and AF_PACKET ports. */
export const embeddedOnVeth: TargetKind = {
  name: 'embedded on veth',
  skipped: needsRoot ?? (existsSync(MAIN) ? undefined : 'skipped: not compiled; npx tsc -b'),
  start: (ports) => start([process.execPath, MAIN, 'switch'], ports),
};

export const bmv2: TargetKind = {
  name: 'bmv2',
  skipped: isOnPath('simple_switch_grpc') ? needsRoot : 'skipped: simple_switch_grpc not on PATH',
  start: (ports) => start(['simple_switch_grpc'], ports),
};
