/** The main job on real input: real clients, three real stores, one of which dies and comes back. */
import { DEFAULT_INSTANCE, downTopology, startTopology } from '../topology/start';
import type { Topology } from '../topology/topology';
import { addressesOf } from './addresses';
import { Captures } from './captures';
import { DemoError } from './errors';
import { describeRepetition, recoveredWithoutOutage } from './operation_log';
import type { DemoOptions, Scenario } from './options';
import { throughOutage } from './outage';
import { analyse, type DemoResult } from './result';
import { TcpTools } from './tcp_tools';
import { translation, type TranslationResult } from './translation';
import { UdpClient, type UdpSummary } from './udp_client';
import { storesUp } from './waiting';

export async function demo(options: DemoOptions): Promise<DemoResult | TranslationResult> {
  const { scenario, target, progress, signal, instance = DEFAULT_INSTANCE } = options;
  const has_gateway = scenario === 'translation';
  const topology = await startTopology({
    topology: 'single',
    target,
    instance,
    has_gateway,
    smb: has_gateway,
    progress,
    signal,
  });
  try {
    return await RUN[scenario](topology, options);
  } finally {
    if (!options.keep) {
      progress('taking it down');
      await downTopology(instance);
    }
  }
}

const RUN: Record<
  Scenario,
  (topology: Topology, options: DemoOptions) => Promise<DemoResult | TranslationResult>
> = {
  balance,
  translation,
};

async function balance(topology: Topology, { target, progress, signal }: DemoOptions): Promise<DemoResult> {
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
  try {
    progress('rpcinfo, showmount; TCP: nfs-cp, nfs-ls, nfs-cat');
    await tools.look(writer.name);
    progress(`UDP: ${topology.clients.length} clients on all stores`);
    for (const { name } of topology.clients) udp.push(UdpClient.start(topology, name));
    const outage = await throughOutage({
      ...{ topology, victim: victim.name, progress, signal },
      checkLoad: () => udp.forEach((client) => client.checkRunning()),
      // Beside the UDP load, as while the store is dead: what a busy switch loses is compared between the two.
      whileUp: () => tools.copy(writer.name, reader.name),
      whileDead: () => {
        progress(`TCP while ${victim.name} is dead`);
        return tools.copy(reader.name, writer.name);
      },
      whenBack: () => Promise.resolve(),
    });
    progress('finishing');
    const finished = await Promise.all(udp.map((client) => client.finish()));
    await tools.copy(writer.name, reader.name);
    for (const complaint of [...finished.map(({ complaints }) => complaints), ...tools.errors]) {
      if (complaint !== '') progress(complaint);
    }
    progress('comparing the captures of all links');
    const repeated = finished.flatMap(({ log }) => recoveredWithoutOutage(log, outage));
    for (const operation of repeated) progress(describeRepetition(operation));
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
