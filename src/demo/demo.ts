/** The main job on real input: real clients, three real stores, one of which dies and comes back. */
import { DEFAULT_INSTANCE, downTopology, startTopology } from '../topology/start';
import type { Target } from '../topology/state';
import type { Topology } from '../topology/topology';
import { addressesOf } from './addresses';
import { Captures } from './captures';
import { DemoError } from './errors';
import type { Outage } from './failover';
import { recoveredWithoutOutage } from './operation_log';
import { analyse, type DemoResult } from './result';
import { TcpTools } from './tcp_tools';
import { UdpClient, type UdpSummary } from './udp_client';
import { pause, storesUp } from './waiting';

export interface DemoOptions {
  target: Target;
  /** Leaves the topology running. */
  keep: boolean;
  progress: (text: string) => void;
  signal: AbortSignal;
  instance?: string;
}

/** How long the load runs before, between and after the two events. */
const ALL_UP_MS = 5000;
const DEAD_MS = 3000;
const BACK_MS = 3000;

export async function demo(options: DemoOptions): Promise<DemoResult> {
  const { target, progress, signal, instance = DEFAULT_INSTANCE } = options;
  const topology = await startTopology({ topology: 'single', target, instance, progress, signal });
  try {
    return await scenario(topology, options);
  } finally {
    if (!options.keep) {
      progress('taking it down');
      await downTopology(instance);
    }
  }
}

async function scenario(topology: Topology, { target, progress, signal }: DemoOptions): Promise<DemoResult> {
  const [writer, reader] = topology.clients;
  const victim = topology.stores[1];
  if (writer === undefined || reader === undefined || victim === undefined) {
    throw new DemoError('the demo needs two clients and two stores');
  }
  progress('waiting until the controller has every store in service');
  await storesUp(topology, signal);
  const captures = await Captures.start(topology);
  const tools = new TcpTools(topology);
  const udp: UdpClient[] = [];
  const load = async (duration_ms: number): Promise<void> => {
    await pause(duration_ms, signal);
    for (const client of udp) client.checkRunning();
  };
  try {
    progress('rpcinfo, showmount; TCP: nfs-cp, nfs-ls, nfs-cat');
    await tools.look(writer.name);
    progress(`UDP: ${topology.clients.length} clients on all stores`);
    for (const { name } of topology.clients) udp.push(UdpClient.start(topology, name));
    // Beside the UDP load, as while the store is dead: what a busy switch loses is compared between the two.
    await tools.copy(writer.name, reader.name);
    await load(ALL_UP_MS);
    progress(`killing ganesha in ${victim.name}`);
    const { signalled_ns } = await topology.daemon('kill', victim.name, 'ganesha');
    if (signalled_ns === undefined) throw new DemoError('the topology does not say when it killed the store');
    await load(DEAD_MS);
    progress(`TCP while ${victim.name} is dead`);
    await tools.copy(reader.name, writer.name);
    progress(`starting ganesha in ${victim.name} again`);
    const restarted_ns = BigInt(Date.now()) * 1_000_000n;
    await topology.daemon('start', victim.name, 'ganesha');
    await storesUp(topology, signal);
    await load(BACK_MS);
    progress('finishing');
    const finished = await Promise.all(udp.map((client) => client.finish()));
    await tools.copy(writer.name, reader.name);
    for (const complaint of [...finished.map(({ complaints }) => complaints), ...tools.errors]) {
      if (complaint !== '') progress(complaint);
    }
    const outage: Outage = { killed_ns: BigInt(signalled_ns), restarted_ns, store: victim.name };
    progress('comparing the captures of all links');
    const repeated = finished.flatMap(({ log }) => recoveredWithoutOutage(log, outage));
    for (const { procedure, xid } of repeated) {
      progress(`${procedure} ${xid} met its own earlier execution although no store was dead`);
    }
    const analysis = analyse(await captures.stop(), addressesOf(topology), outage);
    for (const complaint of analysis.complaints) progress(complaint);
    const sum = (of: (summary: UdpSummary) => number): number =>
      finished.reduce((total, { summary }) => total + of(summary), 0);
    const udp_operations = sum(({ operations }) => operations);
    return {
      target,
      operations: udp_operations + tools.operations,
      errors: sum(({ errors }) => errors) + tools.errors.length + repeated.length,
      checksum_mismatches: sum(({ checksum_mismatches }) => checksum_mismatches) + tools.checksum_mismatches,
      udp_operations,
      tcp_operations: tools.operations,
      retransmissions: sum(({ retransmissions }) => retransmissions),
      recovered: sum(({ recovered }) => recovered),
      rewrites: sum(({ rewrites }) => rewrites),
      ...analysis.result,
    };
  } finally {
    for (const client of udp) client.abandon();
    captures.abandon();
  }
}
