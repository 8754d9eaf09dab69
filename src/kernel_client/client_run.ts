/** One transport: a topology of its own, a guest on a mount through the switch, and stores that come and go meanwhile. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { callAdmin } from '../admin/index';
import { busiestStore, readTraffic, trafficSince } from '../demo/traffic';
import { pause, sharesMounted, storesUp } from '../demo/waiting';
import { downTopology, startTopology } from '../topology/start';
import type { Target, VirtualizerState } from '../topology/state';
import { gatewaySocket, type Topology } from '../topology/topology';
import type { GuestKernel } from './build';
import { KernelClientError } from './errors';
import { Guest } from './guest';
import { ReplyLoss } from './reply_loss';
import { readGuestReport, type TransportResult } from './result';
import { checkMounted, WAYS, type Transport } from './transports';

export interface ClientRunOptions {
  target: Target;
  instance: string;
  transport: Transport;
  kernel: GuestKernel;
  rsize: number;
  wsize: number;
  /** Of the stores' replies over UDP, while no store is dead; see transports.ts for whom. */
  reply_loss_percent: number;
  seed: number;
  /** A folder that keeps what the guest leaves. */
  results: string;
  progress: (text: string) => void;
  signal: AbortSignal;
}

/** How long the load runs before, between and after the events. */
const PHASE_MS = 8000;
/** Longer than Linux waits over UDP, up to 5 s, before it repeats a request. */
const SETTLE_MS = 6000;
/** Of each run of dbench; several fit. */
const DBENCH_SECONDS = 10;
const DIRECTORY = 'kernel-client';

export async function runClient(options: ClientRunOptions): Promise<TransportResult> {
  const { target, instance, transport, progress, signal } = options;
  const { has_gateway, smb } = WAYS[transport];
  const parts = { has_gateway, smb };
  const topology = await startTopology({ topology: 'single', target, instance, ...parts, progress, signal });
  try {
    return await scenario(topology, options);
  } finally {
    await downTopology(instance);
  }
}

function virtualizerOf(topology: Topology): VirtualizerState {
  const [virtualizer] = topology.virtualizers;
  if (virtualizer === undefined) throw new KernelClientError('the topology has no virtualizer');
  return virtualizer;
}

async function scenario(topology: Topology, options: ClientRunOptions): Promise<TransportResult> {
  const { transport, kernel, reply_loss_percent, seed, results, progress, signal } = options;
  const way = WAYS[transport];
  const virtualizer = virtualizerOf(topology);
  const [client] = topology.clients;
  const port = virtualizer.ports.find(({ peer }) => peer === client?.name);
  if (client === undefined || port === undefined) {
    throw new KernelClientError('the kernel client needs a client on a port of the switch');
  }
  await storesUp(topology, signal);
  if (way.smb) await sharesMounted(topology, signal);
  const mount = way.mount(topology, options);
  const command = `mount -t ${mount.file_system} -o ${mount.options} ${mount.source}`;
  progress(`${transport}: booting Linux ${kernel.version} as ${client.name}, ${command}`);
  rmSync(results, { recursive: true, force: true });
  const before = await readTraffic(virtualizer);
  const phases = new Phases();
  const asker = way.asksByUdp(topology, client);
  const loss = new ReplyLoss(
    topology,
    (asker ?? client).address,
    asker === undefined ? 0 : reply_loss_percent,
  );
  const guest = await Guest.boot({
    topology,
    client,
    kernel,
    gateway: port.address,
    mount,
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
    checkMounted(transport, results);
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
    const { drops } = trafficSince(await readTraffic(virtualizer), before);
    throw new KernelClientError(`${error.message}\ndropped by the switch: ${describeCounts(drops)}`);
  } finally {
    guest.abandon();
  }
  const { figures, complaints } = readGuestReport(results, join(topology.state.share, DIRECTORY), (time_us) =>
    phases.at(time_us),
  );
  for (const complaint of complaints) progress(`${transport}: ${complaint}`);
  const counted = trafficSince(await readTraffic(virtualizer), before);
  const replies_withheld = await loss.count();
  const gateway_retransmissions = way.has_gateway ? await gatewayRetransmissions(virtualizer) : 0;
  const repeated = { replies_withheld, gateway_retransmissions };
  return { transport, mount: command, ...figures, ...repeated, ...counted };
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

const gatewayStatusSchema = z.object({ counters: z.object({ retransmissions: z.int() }) });

/** Requests that the gateway sent again, as their replies did not come. */
async function gatewayRetransmissions(virtualizer: VirtualizerState): Promise<number> {
  const status = await callAdmin(gatewaySocket(virtualizer), 'status');
  return gatewayStatusSchema.parse(status).counters.retransmissions;
}

/** Such as `3 no_store, 1 malformed`. */
export function describeCounts(counts: Record<string, number>): string {
  const words = Object.entries(counts).map(([name, packets]) => `${packets} ${name}`);
  return words.length === 0 ? 'none' : words.join(', ');
}
