/** One transport: a topology of its own, a guest on a mount through the switch, and stores that come and go meanwhile. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { callAdmin } from '../admin/index';
import { loadConfig } from '../config/load';
import { pause, storesUp } from '../demo/waiting';
import { RPC_PROGRAM } from '../wire/rpc';
import { downTopology, startTopology } from '../topology/start';
import type { Target, VirtualizerState } from '../topology/state';
import type { Topology } from '../topology/topology';
import type { GuestKernel } from './build';
import { KernelClientError } from './errors';
import { Guest } from './guest';
import { ReplyLoss } from './reply_loss';
import { readGuestReport, type SkippedTransport, type Transport, type TransportResult } from './result';

export interface ClientRunOptions {
  target: Target;
  instance: string;
  transport: Transport;
  kernel: GuestKernel;
  rsize: number;
  wsize: number;
  /** Of the stores' replies over UDP, while no store is dead. */
  reply_loss_percent: number;
  seed: number;
  /** A folder that keeps what the guest leaves. */
  results: string;
  progress: (text: string) => void;
  signal: AbortSignal;
}

/** How long the load runs before, between and after the events. */
const PHASE_MS = 8000;
/** In tenths of a second. With the usual 1.1 s, a load that meets losses mostly waits. */
const UDP_TIMEOUT = 'timeo=2';
const SAMPLE_MS = 1000;
/** Longer than Linux waits over UDP, up to 5 s, before it repeats a request. */
const SETTLE_MS = 6000;
/** Of each run of dbench; several fit. */
const DBENCH_SECONDS = 10;
const DIRECTORY = 'kernel-client';

/** What the guest mounts needs of the virtual store. */
const PROGRAMS = ['portmap', 'mount', 'nfs'] as const;

export async function runClient(options: ClientRunOptions): Promise<TransportResult | SkippedTransport> {
  const { target, instance, transport, progress, signal } = options;
  const topology = await startTopology({ topology: 'single', target, instance, progress, signal });
  try {
    const missing = whatIsNotServed(topology, transport);
    if (missing !== undefined) return { transport, skipped: missing };
    return await scenario(topology, options);
  } finally {
    await downTopology(instance);
  }
}

/** Undefined if the configuration has a service for all that a mount asks. */
function whatIsNotServed(topology: Topology, transport: Transport): string | undefined {
  const services = loadConfig(virtualizerOf(topology).config).virtual_stores.flatMap(
    ({ services }) => services,
  );
  const absent = PROGRAMS.filter(
    (name) =>
      !services.some(({ protocol, program }) => protocol === transport && program === RPC_PROGRAM[name]),
  );
  if (absent.length === 0) return undefined;
  return `the virtual store has no service for ${absent.join(', ')} over ${transport}`;
}

function virtualizerOf(topology: Topology): VirtualizerState {
  const [virtualizer] = topology.virtualizers;
  if (virtualizer === undefined) throw new KernelClientError('the topology has no virtualizer');
  return virtualizer;
}

async function scenario(topology: Topology, options: ClientRunOptions): Promise<TransportResult> {
  const { transport, kernel, rsize, wsize, reply_loss_percent, seed, results, progress, signal } = options;
  const virtualizer = virtualizerOf(topology);
  const [client] = topology.clients;
  const port = virtualizer.ports.find(({ peer }) => peer === client?.name);
  if (client === undefined || port === undefined) {
    throw new KernelClientError('the kernel client needs a client on a port of the switch');
  }
  await storesUp(topology, signal);
  const nfsOptions = [
    `vers=3,proto=${transport},mountproto=${transport},nolock,hard,retry=0,rsize=${rsize},wsize=${wsize}`,
    ...(transport === 'udp' ? [UDP_TIMEOUT] : []),
  ].join(',');
  progress(`${transport}: booting Linux ${kernel.version} as ${client.name}, mount -o ${nfsOptions}`);
  rmSync(results, { recursive: true, force: true });
  const before = await readCounters(virtualizer);
  const phases = new Phases();
  const loss = new ReplyLoss(topology, client, transport === 'udp' ? reply_loss_percent : 0);
  const guest = await Guest.boot({
    topology,
    client,
    kernel,
    gateway: port.address,
    nfsOptions,
    directory: DIRECTORY,
    results,
    seed,
    dbench_seconds: DBENCH_SECONDS,
    signal,
  });
  const load = async (): Promise<void> => {
    await pause(PHASE_MS, signal);
    guest.check();
    progress(`${transport}: ${guest.operations} operations`);
  };
  const event = async (what: string, happens: () => Promise<unknown>): Promise<void> => {
    progress(`${transport}: ${what}`);
    phases.begin(what);
    await happens();
    await load();
  };
  const tell = (method: string, store: string): Promise<unknown> =>
    callAdmin(virtualizer.admin_socket, method, { store });
  try {
    await loss.begin();
    await load();
    // What a store executed without telling dies with it, so the client must know all before.
    await loss.end();
    await pause(SETTLE_MS, signal);
    const killed = await busiestStore(virtualizer, signal);
    await event(`killing ganesha in ${killed}`, () => topology.daemon('kill', killed, 'ganesha'));
    await event(`starting ganesha in ${killed}`, async () => {
      await topology.daemon('start', killed, 'ganesha');
      await storesUp(topology, signal);
    });
    await loss.begin();
    const drained = await busiestStore(virtualizer, signal);
    await event(`draining ${drained}`, () => tell('store.drain', drained));
    await event(`restoring ${drained}`, () => tell('store.restore', drained));
    await loss.end();
    progress(`${transport}: finishing`);
    phases.begin('finishing');
    await guest.finish();
  } catch (error) {
    if (!(error instanceof KernelClientError)) throw error;
    const { drops } = difference(await readCounters(virtualizer), before);
    throw new KernelClientError(`${error.message}\ndropped by the switch: ${describeCounts(drops)}`);
  } finally {
    guest.abandon();
  }
  const { figures, complaints } = readGuestReport(results, join(topology.state.share, DIRECTORY), (time_us) =>
    phases.at(time_us),
  );
  for (const complaint of complaints) progress(`${transport}: ${complaint}`);
  const counted = difference(await readCounters(virtualizer), before);
  const replies_withheld = await loss.count();
  return { transport, options: nfsOptions, ...figures, replies_withheld, ...counted };
}

/** The one that got the most requests just now: a connection over TCP has one store, and that is the one to hit. */
async function busiestStore(virtualizer: VirtualizerState, signal: AbortSignal): Promise<string> {
  const before = await readCounters(virtualizer);
  await pause(SAMPLE_MS, signal);
  const { store_requests } = difference(await readCounters(virtualizer), before);
  const [busiest] = Object.entries(store_requests).sort(([, one], [, other]) => other - one);
  if (busiest === undefined) throw new KernelClientError('no store gets requests');
  return busiest[0];
}

/** What was going on at a time of the guest's clock, which it takes from this machine's when it boots. */
class Phases {
  private readonly begun: { what: string; time_us: number }[] = [];

  begin(what: string): void {
    this.begun.push({ what, time_us: Date.now() * 1000 });
  }

  at(time_us: number): string {
    const phase = this.begun.findLast((one) => one.time_us <= time_us);
    if (phase === undefined) return 'with all stores up';
    return `${((time_us - phase.time_us) / 1e6).toFixed(2)} s after ${phase.what}`;
  }
}

type Counts = Pick<TransportResult, 'store_requests' | 'drops'>;

const cellsSchema = z.array(z.object({ cell: z.string(), packets: z.number() }));

async function readCounters({ admin_socket }: VirtualizerState): Promise<Counts> {
  const read = async (counter: string): Promise<Record<string, number>> => {
    const cells = cellsSchema.parse(await callAdmin(admin_socket, 'counter.show', { counter }));
    return Object.fromEntries(cells.map(({ cell, packets }) => [cell, packets]));
  };
  return { store_requests: await read('store_requests'), drops: await read('drop_counter') };
}

/** Such as `3 no_store, 1 malformed`. */
export function describeCounts(counts: Record<string, number>): string {
  const words = Object.entries(counts).map(([name, packets]) => `${packets} ${name}`);
  return words.length === 0 ? 'none' : words.join(', ');
}

/** What was counted since; cells that stayed as they were are left out. */
function difference(now: Counts, before: Counts): Counts {
  const since = (of: keyof Counts): Record<string, number> =>
    Object.fromEntries(
      Object.entries(now[of])
        .map(([cell, packets]): [string, number] => [cell, packets - (before[of][cell] ?? 0)])
        .filter(([, packets]) => packets > 0),
    );
  return { store_requests: since('store_requests'), drops: since('drops') };
}
