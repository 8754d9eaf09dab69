/** Captures of every link of the switch, by tcpdump at the links' far ends. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientState, MountHostState, StoreState } from '../topology/state';
import type { Topology } from '../topology/topology';
import { decodePcap, type PcapPacket } from '../wire/pcap';
import { ended, errorOutput } from './children';
import { DemoError } from './errors';

/** What one link carried, in the order of the clock. */
export interface LinkCapture {
  /** The client or store at the far end. */
  host: string;
  side: 'external' | 'internal';
  mac: string;
  packets: PcapPacket[];
}

/** Big enough that a busy machine may leave tcpdump waiting for a second. */
const BUFFER_KIB = 16_384;

/** The kernel hands tcpdump a block of frames when it is full or a second old; what it still holds at the end is lost. */
const SETTLE_MS = 1500;

interface RunningCapture {
  node: ClientState | MountHostState | StoreState;
  file: string;
  child: ChildProcess;
  stderr: () => string;
}

/**
 * The far end of a link sees what the switch receives and sends on any target; the switch's own end does not, where
 * the switch bypasses the queueing layer that taps listen to.
 */
export class Captures {
  private constructor(private readonly running: RunningCapture[]) {}

  /** Resolves once every tcpdump listens. */
  static async start(topology: Topology): Promise<Captures> {
    const running = [...topology.clients, ...topology.mountHosts, ...topology.stores].map((node) => {
      const file = join(topology.state.directory, `${node.name}.pcap`);
      const argv = [
        'tcpdump',
        '-i',
        node.interface,
        '-w',
        file,
        '-s',
        '0',
        '-B',
        String(BUFFER_KIB),
        '-Z',
        'root',
      ];
      const child = topology.spawn(node.name, [...argv, '--time-stamp-precision=nano'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      return { node, file, child, stderr: errorOutput(child) };
    });
    await Promise.all(running.map(listening));
    return new Captures(running);
  }

  /** Ends the captures and reads them. Rejects with DemoError when one is incomplete: it would prove nothing. */
  async stop(): Promise<LinkCapture[]> {
    await new Promise((wake) => setTimeout(wake, SETTLE_MS));
    return Promise.all(
      this.running.map(async ({ node, file, child, stderr }) => {
        child.kill('SIGINT');
        await ended(child);
        const lost = /(\d+) packets? dropped by kernel/.exec(stderr())?.[1];
        if (lost !== '0') throw new DemoError(`the capture at ${node.name} lost frames: ${stderr().trim()}`);
        return {
          host: node.name,
          side: node.role === 'store' ? 'internal' : 'external',
          mac: node.mac,
          packets: decodePcap(readFileSync(file), file).packets,
        } satisfies LinkCapture;
      }),
    );
  }

  /** Ends what still runs, whatever has happened. */
  abandon(): void {
    for (const { child } of this.running) child.kill('SIGKILL');
  }
}

async function listening({ node, child, stderr }: RunningCapture): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (stderr().includes('listening on')) return;
    if (child.exitCode !== null) break;
    await new Promise((wake) => setTimeout(wake, 10));
  }
  throw new DemoError(`tcpdump does not start at ${node.name}: ${stderr().trim()}`);
}
