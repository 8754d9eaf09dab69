/**
 * One virtual store for all: connections of TCP clients and of SMB clients end at the gateway, NFS/UDP clients reach the
 * stores as they are. Each client reads what the others wrote, while one of the stores dies and comes back.
 */
import type { Topology } from '../topology/topology';
import { addressesOf } from './addresses';
import { Captures } from './captures';
import { CLIENT_KINDS, fileClient, type ClientKind } from './clients';
import { DemoError } from './errors';
import { Exchange, type KindResult } from './exchange';
import { describeRepetition, recoveredWithoutOutage } from './operation_log';
import type { DemoOptions } from './options';
import { throughOutage } from './outage';
import { analyse, type DemoResult } from './result';
import { TcpTools } from './tcp_tools';
import { UdpClient } from './udp_client';
import { sharesMounted, storesUp } from './waiting';

export interface TranslationResult extends DemoResult {
  scenario: 'translation';
  /** What the counts above are made of. */
  clients: Record<ClientKind, KindResult>;
  /** Requests that the gateway sent to stores in clients' names; those sent again count once. */
  gateway_requests: number;
}

const ROUNDS_ALL_UP = 2;

export async function translation(
  topology: Topology,
  { target, progress, signal }: DemoOptions,
): Promise<TranslationResult> {
  const [streams, datagrams] = topology.clients;
  const victim = topology.stores[1];
  if (streams === undefined || datagrams === undefined || victim === undefined) {
    throw new DemoError('the scenario needs two clients and two stores');
  }
  progress('waiting until the controller has every store in service');
  await storesUp(topology, signal);
  progress('waiting until the gateway has mounted what its SMB share serves');
  await sharesMounted(topology, signal);
  const captures = await Captures.start(topology);
  const clients = CLIENT_KINDS.map((kind) =>
    fileClient(kind, topology, (kind === 'nfs_udp' ? datagrams : streams).name),
  );
  const exchange = new Exchange(clients);
  const tools = new TcpTools(topology);
  let load: UdpClient | undefined;
  try {
    progress('rpcinfo, showmount');
    await tools.look(streams.name);
    progress(`NFS/UDP load in ${datagrams.name}`);
    load = UdpClient.start(topology, datagrams.name);
    const udp = load;
    const outage = await throughOutage({
      ...{ topology, victim: victim.name, progress, signal },
      checkLoad: () => udp.checkRunning(),
      whileUp: async () => {
        progress(`${clients.map(({ kind }) => kind).join(', ')}: each reads what the others wrote`);
        for (let round = 0; round < ROUNDS_ALL_UP; round++) await exchange.round();
      },
      whileDead: () => {
        progress(`the same while ${victim.name} is dead`);
        return exchange.round();
      },
      whenBack: () => {
        progress('the same when it is back');
        return exchange.round();
      },
    });
    progress('finishing');
    const { summary, log, complaints } = await load.finish();
    progress('comparing the captures of all links');
    const repeated = recoveredWithoutOutage(log, outage);
    const analysis = analyse(await captures.stop(), addressesOf(topology), outage, true);
    for (const complaint of [
      ...(complaints === '' ? [] : [complaints]),
      ...tools.errors,
      ...exchange.complaints,
      ...repeated.map(describeRepetition),
      ...analysis.complaints,
    ])
      progress(complaint);
    const { operations, errors, checksum_mismatches } = summary;
    const udpLoad = { operations, errors: errors + repeated.length, checksum_mismatches };
    const looks = { operations: tools.operations, errors: tools.errors.length, checksum_mismatches: 0 };
    const results: Record<ClientKind, KindResult> = {
      nfs_tcp: sum(exchange.of('nfs_tcp'), looks),
      smb: exchange.of('smb'),
      nfs_udp: sum(exchange.of('nfs_udp'), udpLoad),
    };
    return {
      scenario: 'translation',
      target,
      ...sum(...Object.values(results)),
      udp_operations: results.nfs_udp.operations,
      tcp_operations: results.nfs_tcp.operations + results.smb.operations,
      retransmissions: summary.retransmissions,
      recovered: summary.recovered,
      rewrites: summary.rewrites,
      ...analysis.result,
      clients: results,
      gateway_requests: analysis.result.stores.reduce((total, store) => total + store.gateway_requests, 0),
    };
  } finally {
    load?.abandon();
    captures.abandon();
  }
}

function sum(...results: readonly KindResult[]): KindResult {
  return results.reduce((a, b) => ({
    operations: a.operations + b.operations,
    errors: a.errors + b.errors,
    checksum_mismatches: a.checksum_mismatches + b.checksum_mismatches,
  }));
}
