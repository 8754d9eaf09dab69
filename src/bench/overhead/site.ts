/** The demo's topology with one store in service, and the other ways to that store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callAdmin } from '../../admin';
import { pause, storesUp } from '../../demo/waiting';
import { downTopology, startTopology } from '../../topology/start';
import type { ClientState, StoreState } from '../../topology/state';
import { daemonPid, type Topology } from '../../topology/topology';
import { cpuTime_us } from '../lab/cpu_clock';
import { Box, layWire } from '../lab/detours';
import { startHaproxy } from '../lab/haproxy';
import { idle_us, softirqThreads } from '../lab/machine_time';
import { NfsLoad, type Load } from '../lab/nfs_load';
import { eachParty, type Sample } from '../lab/usage';
import { PARTIES, type Party } from './accounting';
import { startNat } from './nftables';
import type { Path } from './paths';

const INSTANCE = 'overhead';
/** Until the switch has what the controller writes when stores drain. */
const DRAIN_MS = 1000;

type Through = Path['through'];

export class Site {
  private readonly folder = mkdtempSync(join(tmpdir(), 'storeswitch-overhead-'));
  private readonly boxes: Box[] = [];
  private readonly servers: Record<Through, string>;
  private readonly pids: Readonly<Record<Party, readonly number[]>>;
  private readonly haproxy: number;
  private readonly client: ClientState;

  private constructor(private readonly topology: Topology) {
    try {
      const [client] = topology.clients;
      const [store] = topology.stores;
      const [virtualizer] = topology.virtualizers;
      if (client === undefined || store === undefined || virtualizer === undefined) {
        throw new Error('the topology has no client, store or virtualizer');
      }
      this.client = client;
      const proxy = this.addBox('haproxy', client, store);
      const nat = this.addBox('nftables', client, store);
      this.servers = {
        wire: layWire(client, store),
        switch: topology.state.vip,
        haproxy: proxy.address,
        nftables: nat.address,
      };
      this.haproxy = startHaproxy(proxy, this.folder);
      startNat(nat);
      this.pids = {
        client: [],
        stores: topology.stores.map((node) => daemonPid(node, 'ganesha')),
        box: [daemonPid(virtualizer, 'switch')],
        controller: [daemonPid(virtualizer, 'controller')],
        softirq: softirqThreads(),
      };
    } catch (error) {
      this.closeBoxes();
      throw error;
    }
  }

  static async open(progress: (line: string) => void, signal: AbortSignal): Promise<Site> {
    const topology = await startTopology({
      ...{ topology: 'single', target: 'embedded', instance: INSTANCE },
      ...{ progress, signal },
    });
    try {
      await storesUp(topology, signal);
      // The other paths have one store: so has the switch.
      for (const { name } of topology.stores.slice(1)) {
        for (const { admin_socket } of topology.virtualizers) {
          await callAdmin(admin_socket, 'store.drain', { store: name });
        }
      }
      await pause(DRAIN_MS, signal);
      return new Site(topology);
    } catch (error) {
      await downTopology(INSTANCE);
      throw error;
    }
  }

  /** Starts requests on a path. */
  offer({ through, transport }: Path, load: Load): Promise<NfsLoad> {
    return NfsLoad.start(this.topology, this.client.name, this.servers[through], transport, load);
  }

  /** Reads all counts of a path. */
  async sample(through: Through, client?: NfsLoad): Promise<Sample<Party>> {
    const { answered = 0 } = (await client?.counts()) ?? {};
    const pids = this.pidsOn(through, client);
    return {
      answered,
      time_us: Number(process.hrtime.bigint()) / 1e3,
      idle_us: idle_us(),
      cpu_us: eachParty(PARTIES, (party) => pids[party].reduce((sum, pid) => sum + cpuTime_us(pid), 0)),
    };
  }

  async close(): Promise<void> {
    this.closeBoxes();
    await downTopology(INSTANCE);
  }

  private pidsOn(through: Through, client?: NfsLoad): Record<Party, readonly number[]> {
    const shared = { ...this.pids, client: client === undefined ? [] : [client.pid] };
    if (through === 'switch') return shared;
    return { ...shared, box: through === 'haproxy' ? [this.haproxy] : [], controller: [] };
  }

  private addBox(name: string, client: ClientState, store: StoreState): Box {
    const box = new Box(name, this.boxes.length + 1, client, [store]);
    this.boxes.push(box);
    return box;
  }

  private closeBoxes(): void {
    for (const box of this.boxes.splice(0)) box.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
