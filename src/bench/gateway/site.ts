/** The demo's topology with its gateway, and the other ways over TCP to its stores. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storesUp } from '../../demo/waiting';
import { downTopology, startTopology } from '../../topology/start';
import type { ClientState, StoreState, VirtualizerState } from '../../topology/state';
import { daemonPid, type Topology } from '../../topology/topology';
import { cpuTime_us } from '../lab/cpu_clock';
import { Box, layWire } from '../lab/detours';
import { startHaproxy } from '../lab/haproxy';
import { idle_us, softirqThreads } from '../lab/machine_time';
import { NfsLoad, type Load } from '../lab/nfs_load';
import { eachParty, type Sample } from '../lab/usage';
import { AccessClient } from './access/client';
import { ganeshaExports, makeExports } from './access/rules';
import { PARTIES, type Party, type Reading } from './efficiency';
import type { Path } from './paths';
import { parseUdpArrivals } from './spread';

const INSTANCE = 'gateway';

export interface GatewaySample extends Sample<Party>, Reading {
  /** Datagrams that had arrived at each store. */
  arrivals: readonly number[];
}

export class Site {
  private readonly servers: Readonly<Record<Path, string>>;
  private readonly proxies: Readonly<Record<Path, readonly number[]>>;
  private readonly store_pids: readonly number[];
  private readonly softirq = softirqThreads();

  private constructor(
    private readonly topology: Topology,
    private readonly folder: string,
    private readonly client: ClientState,
    private readonly store: StoreState,
    private readonly virtualizer: VirtualizerState,
    private readonly box: Box,
  ) {
    this.servers = {
      gateway: topology.state.vip,
      haproxy: box.address,
      direct: layWire(client, store),
    };
    this.proxies = {
      gateway: [daemonPid(virtualizer, 'gateway')],
      haproxy: [startHaproxy(box, folder)],
      direct: [],
    };
    this.store_pids = topology.stores.map((node) => daemonPid(node, 'ganesha'));
  }

  static async open(progress: (line: string) => void, signal: AbortSignal): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'storeswitch-bench-gateway-'));
    try {
      chmodSync(folder, 0o755);
      const exports = exportsFolder(folder);
      mkdirSync(exports);
      makeExports(exports);
      const exports_file = join(folder, 'exports.conf');
      writeFileSync(exports_file, ganeshaExports(exports));
      writeFileSync(contentFile(folder), 'what a client writes\n');
      const topology = await startTopology({
        ...{ topology: 'single', target: 'embedded', instance: INSTANCE },
        ...{ has_gateway: true, exports_file, progress, signal },
      });
      await storesUp(topology, signal);
      const [client] = topology.clients;
      const [store] = topology.stores;
      const [virtualizer] = topology.virtualizers;
      if (client === undefined || store === undefined || virtualizer === undefined) {
        throw new Error('the topology has no client, store or virtualizer');
      }
      const box = new Box('haproxy', 1, client, topology.stores);
      try {
        return new Site(topology, folder, client, store, virtualizer, box);
      } catch (error) {
        box.close();
        throw error;
      }
    } catch (error) {
      await downTopology(INSTANCE);
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get stores(): string[] {
    return this.topology.stores.map(({ name }) => name);
  }

  /** Starts requests on a path. */
  offer(path: Path, load: Load): Promise<NfsLoad> {
    return NfsLoad.start(this.topology, this.client.name, this.servers[path], 'tcp', load);
  }

  /** Reads all counts of a path. */
  async sample(path: Path, load: NfsLoad): Promise<GatewaySample> {
    const { answered, failed, took } = await load.counts();
    const pids = this.pidsOn(path, load);
    return {
      ...{ answered, failed, took },
      time_us: Number(process.hrtime.bigint()) / 1e3,
      idle_us: idle_us(),
      cpu_us: eachParty(PARTIES, (party) => pids[party].reduce((sum, pid) => sum + cpuTime_us(pid), 0)),
      arrivals: this.store_pids.map((pid) => parseUdpArrivals(readFileSync(`/proc/${pid}/net/snmp`, 'utf8'))),
    };
  }

  /** A client for the matrix of access rules. Once. */
  accessClient(): AccessClient {
    const { topology, client, store, virtualizer, servers, folder } = this;
    return new AccessClient(
      ...([topology, client, store, virtualizer] as const),
      ...([servers.direct, exportsFolder(folder), contentFile(folder)] as const),
    );
  }

  async close(): Promise<void> {
    this.box.close();
    await downTopology(INSTANCE);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private pidsOn(path: Path, load: NfsLoad): Record<Party, readonly number[]> {
    const is_ours = path === 'gateway';
    return {
      client: [load.pid],
      stores: this.store_pids,
      proxy: this.proxies[path],
      switch: is_ours ? [daemonPid(this.virtualizer, 'switch')] : [],
      controller: is_ours ? [daemonPid(this.virtualizer, 'controller')] : [],
      softirq: this.softirq,
    };
  }
}

function exportsFolder(folder: string): string {
  return join(folder, 'exports');
}

function contentFile(folder: string): string {
  return join(folder, 'content');
}
