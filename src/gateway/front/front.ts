/** The MOUNT and portmap front of one virtual address: both servers, the stores' exports and who may ask. */
import { systemClock, type Clock } from '../../controller/clock';
import type { Ipv4Address } from '../../wire/address';
import { MOUNT_V1, MOUNT_VERSION } from '../../wire/mount';
import { RPC_PROGRAM } from '../../wire/rpc';
import type { FrontCounter } from './counters';
import type { ExportPool } from './export_list';
import type { Forwarder } from './forwarder';
import { DEFAULT_FRONT_LIMITS, type FrontLimits } from './limits';
import { MountFront } from './mount_front';
import { PortmapFront, type VirtualService } from './portmap_front';
import { DEFAULT_SOURCES_OPTIONS, Sources, type SourcesOptions } from './sources';
import {
  DEFAULT_STORE_EXPORTS_OPTIONS,
  StoreExports,
  type ExportingStore,
  type StoreExportsOptions,
  type StoreExportsStatus,
} from './store_exports';

export const DEFAULT_MOUNT_PORT = 20_048;

export interface FrontOptions {
  /** The virtual address; this network namespace holds it. */
  address: Ipv4Address;
  /** What portmap tells; portmap itself and MOUNT are added. */
  services: readonly VirtualService[];
  /** Stores of all pools: those that do not answer do not count. */
  stores: readonly ExportingStore[];
  /** Pools of the MOUNT service; without them a path is shown that any store exports. */
  pools?: readonly ExportPool[];
  forwarder: Forwarder;
  /** Default: 111. */
  portmap_port?: number;
  /** Default: 20048. */
  mount_port?: number;
  /** Default: 1 and 3. */
  mount_versions?: readonly number[];
  sources?: Partial<SourcesOptions>;
  limits?: Partial<FrontLimits>;
  exports?: Partial<StoreExportsOptions>;
  clock?: Clock;
}

export interface FrontStatus {
  portmap: Record<FrontCounter, number>;
  mount: Record<FrontCounter, number>;
  stores: StoreExportsStatus[];
}

export class Front {
  private constructor(
    private readonly portmap: PortmapFront,
    private readonly mount: MountFront,
    private readonly store_exports: StoreExports,
    private readonly mount_services: readonly VirtualService[],
  ) {}

  /**
   * Resolves when both serve. MOUNT begins when every store has told its exports or failed to, which takes twice
   * `exports.timeout_ms` at most. Rejects when a port cannot be bound; then nothing of it is left.
   */
  static async start(options: FrontOptions): Promise<Front> {
    const { address, services, pools, forwarder, portmap_port, clock = systemClock } = options;
    const { mount_port = DEFAULT_MOUNT_PORT, mount_versions = [MOUNT_V1, MOUNT_VERSION] } = options;
    const limits = { ...DEFAULT_FRONT_LIMITS, ...options.limits };
    const sources = new Sources({ ...DEFAULT_SOURCES_OPTIONS, ...options.sources }, clock);
    const store_exports = new StoreExports({ ...DEFAULT_STORE_EXPORTS_OPTIONS, ...options.exports }, clock);
    const mount_services = (['udp', 'tcp'] as const).map((protocol) => ({
      program: RPC_PROGRAM.mount,
      versions: mount_versions,
      protocol,
      port: mount_port,
    }));
    const front = new Front(
      new PortmapFront({
        address,
        sources,
        limits,
        services: [...services, ...mount_services],
        ...(portmap_port === undefined ? {} : { port: portmap_port }),
      }),
      new MountFront({
        address,
        sources,
        limits,
        exports: store_exports,
        forwarder,
        port: mount_port,
        versions: mount_versions,
        ...(pools === undefined ? {} : { pools }),
      }),
      store_exports,
      mount_services,
    );
    try {
      await front.portmap.start();
      await store_exports.setStores(options.stores);
      await front.mount.start();
    } catch (error) {
      await front.stop();
      throw error;
    }
    return front;
  }

  /** Replaces the live stores; resolves when each new one has told its exports or failed to. */
  setStores(stores: readonly ExportingStore[]): Promise<void> {
    return this.store_exports.setStores(stores);
  }

  setPools(pools: readonly ExportPool[] | undefined): void {
    this.mount.setPools(pools);
  }

  /** Replaces what portmap tells besides itself and MOUNT. */
  setServices(services: readonly VirtualService[]): void {
    this.portmap.setServices([...services, ...this.mount_services]);
  }

  status(): FrontStatus {
    return {
      portmap: this.portmap.counters.values(),
      mount: this.mount.counters.values(),
      stores: this.store_exports.status(),
    };
  }

  /** Closes everything at once. */
  async stop(): Promise<void> {
    this.store_exports.stop();
    await Promise.all([this.portmap.stop(), this.mount.stop()]);
  }
}
