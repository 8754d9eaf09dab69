import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { programFiles } from '../../dataplane/program';
import { Client, P4Schema, readP4InfoFile } from '../../p4runtime';
import { benchEntries, CLIENT, CLIENT_PORT, STORE_PORTS, switchMac } from './entries';
import type { Trial, TrialResult } from './rate_search';

const START_TIMEOUT_MS = 20_000;
export const TRIAL_SECONDS = 1;
/** After the last frame was sent, the switch has this long to deliver what it still holds. */
const SETTLE_MS = 300;
const DIST = resolve(__dirname, '../..');

/** What can be measured: a command that takes simple_switch_grpc's flags. */
export interface SwitchCommand {
  name: 'embedded' | 'bmv2';
  argv: string[];
}

export const EMBEDDED: SwitchCommand = {
  name: 'embedded',
  argv: [process.execPath, join(DIST, 'cli/main.js'), 'switch'],
};
export const BMV2: SwitchCommand = { name: 'bmv2', argv: ['simple_switch_grpc'] };

function ip(...args: string[]): string {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] }).toString();
}

function sleep(duration_ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, duration_ms));
}

/** A namespace with a veth pair per switch port: `sN` at the switch, `tN` at the tester. */
export class Lab {
  private readonly folder = mkdtempSync(join(tmpdir(), 'storeswitch-bench-'));
  private nextXid = 1;

  constructor(private readonly namespace = `ssb-${process.pid}`) {
    if (process.getuid?.() !== 0) throw new Error('this benchmark makes network namespaces: run it as root');
    ip('netns', 'add', namespace);
    for (const scope of ['all', 'default']) {
      ip('netns', 'exec', namespace, 'sysctl', '-qw', `net.ipv6.conf.${scope}.disable_ipv6=1`);
    }
    for (const port of [CLIENT_PORT, ...STORE_PORTS]) {
      ip('-n', namespace, 'link', 'add', `s${port}`, 'type', 'veth', 'peer', 'name', `t${port}`);
      for (const end of ['s', 't']) ip('-n', namespace, 'link', 'set', `${end}${port}`, 'arp', 'off', 'up');
    }
  }

  /** Starts the switch, programs it, and hands `body` a trial that offers it calls. */
  async withSwitch<T>(command: SwitchCommand, body: (trial: Trial) => Promise<T>): Promise<T> {
    const socketPath = join(this.folder, `${command.name}.sock`);
    const child = spawn(
      'ip',
      [
        ...['netns', 'exec', this.namespace, ...command.argv, '--no-p4', '--device-id', '1'],
        ...[CLIENT_PORT, ...STORE_PORTS].flatMap((port) => ['-i', `${port}@s${port}`]),
        ...['--', '--grpc-server-addr', `unix:${socketPath}`, '--cpu-port', '255'],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    try {
      await this.program(child, command.name, socketPath);
      return await body((rate_pps) => this.offer(rate_pps));
    } finally {
      child.kill('SIGTERM');
      await exited;
      rmSync(socketPath, { force: true });
    }
  }

  private async program(child: ChildProcess, name: string, socketPath: string): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!existsSync(socketPath)) {
      if (child.exitCode !== null) throw new Error(`the ${name} switch ended with status ${child.exitCode}`);
      if (Date.now() > deadline) throw new Error(`the ${name} switch did not start`);
      await sleep(20);
    }
    const files = programFiles();
    const p4info = new P4Schema(readP4InfoFile(files.p4info), files.p4info);
    const client = new Client({ socket_path: socketPath, device_id: 1n }, { p4info });
    try {
      await client.start({ keep_trying: true });
      await client.pushPipeline({ p4info, device_config: readFileSync(files.device_config) });
      await client.write(benchEntries().map((entity) => ({ type: 'insert', entity })));
    } finally {
      client.close();
    }
  }

  private async offer(rate_pps: number): Promise<TrialResult> {
    const frames = Math.ceil(rate_pps * TRIAL_SECONDS);
    const before = this.received();
    const sender = spawn(
      'ip',
      [
        ...['netns', 'exec', this.namespace, process.execPath, join(__dirname, 'sender.js')],
        ...[`t${CLIENT_PORT}`, String(rate_pps), String(frames), String(this.nextXid)],
        ...[CLIENT.mac, switchMac(CLIENT_PORT)],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.nextXid = (this.nextXid + frames) >>> 0;
    let output = '';
    let arrived = 0;
    sender.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      arrived = this.received() - before;
    });
    const status = await new Promise<number | null>((done) => sender.once('close', done));
    if (status !== 0) throw new Error(`the sender ended with status ${status}`);
    const { sent, duration_s } = JSON.parse(output) as { sent: number; duration_s: number };
    await sleep(SETTLE_MS);
    return { sent, received: this.received() - before, backlog: sent - arrived, duration_s };
  }

  /** Frames that arrived at the stores' ends so far. */
  private received(): number {
    const links = JSON.parse(ip('-n', this.namespace, '-s', '-j', 'link', 'show')) as {
      ifname?: string;
      stats64?: { rx: { packets: number } };
    }[];
    return links
      .filter(({ ifname }) => STORE_PORTS.some((port) => ifname === `t${port}`))
      .reduce((sum, { stats64 }) => sum + (stats64?.rx.packets ?? 0), 0);
  }

  close(): void {
    ip('netns', 'delete', this.namespace);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
