/** What a configuration asks of the gateway. */
import { dirname, join } from 'node:path';
import type { Config, ServiceConfig, VirtualStoreConfig } from '../config/config';
import { isAnsweredHere, isForwarded } from '../config/modes';
import { poolsOf } from '../config/pools';
import { formatPath } from '../config/problem';
import { Network } from '../controller/network';
import type { Ipv4Address, MacAddress } from '../wire/address';
import { ETHERNET_MTU, JUMBO_MTU_MAX } from '../wire/ethernet';
import { NFS3_VERSION } from '../wire/nfs3';
import { RPC_PROGRAM } from '../wire/rpc';
import type { ExportingStore, ExportPool, VirtualService } from './front';
import type { PacketSizes } from './path/packet_path';
import type { ServiceOptions } from './service';
import { smbServerOptions, type SmbServerOptions } from './smb';

/** Portmap and MOUNT of one virtual store. */
export interface FrontPlan {
  address: Ipv4Address;
  mount_port: number;
  /** What portmap tells besides itself and MOUNT. */
  services: readonly VirtualService[];
  stores: readonly ExportingStore[];
  pools: readonly ExportPool[];
  /** Of `pools` that the data plane does not find for a MOUNT call by itself: their numbers. */
  pool_ids: ReadonlyMap<string, number>;
}

/** Calls that end at this host and go on to stores. */
export interface CallPlan {
  /** The interface that leads to the switch, and the virtualizer's address there. */
  interface_name: string;
  mac: MacAddress;
  packets: PacketSizes;
  listeners: readonly ServiceOptions[];
  fronts: readonly FrontPlan[];
}

export interface GatewayPlan {
  /** Undefined if only SMB shares end at this host. */
  calls?: CallPlan;
  shares: readonly SmbServerOptions[];
}

/** NFSv4 is there wherever connections reach the stores themselves. */
const NFS_V4 = 4;

/** Undefined if no service ends at this host. */
export function planGateway(config: Config): GatewayPlan | undefined {
  const calls = planCalls(config);
  // Beside the socket, so that gateways with sockets of their own do not meet.
  const run_base = join(dirname(config.gateway.socket), 'smb');
  const shares = config.virtual_stores.flatMap((store) => smbServerOptions(store, run_base) ?? []);
  if (calls === undefined) return shares.length === 0 ? undefined : { shares };
  return { calls, shares };
}

function planCalls(config: Config): CallPlan | undefined {
  const port = config.ports.find(({ role }) => role === 'gateway');
  const is_asked = config.virtual_stores.some(({ services }) =>
    services.some(({ mode }) => mode === 'terminate'),
  );
  if (port?.interface === undefined || !is_asked) return undefined;
  const network = new Network(config);
  return {
    interface_name: port.interface,
    mac: port.mac,
    packets: packetSizes(config),
    listeners: config.virtual_stores.flatMap(listenersOf),
    fronts: config.virtual_stores.flatMap((virtualStore) => frontOf(network, virtualStore) ?? []),
  };
}

/** Stores of a pool without `jumbo` take what Ethernet takes. */
function packetSizes({ virtual_stores }: Config): PacketSizes {
  let sent_octets_max = JUMBO_MTU_MAX;
  let [received_octets_max, received_key] = [ETHERNET_MTU, ''];
  for (const [index, { services, pools }] of virtual_stores.entries()) {
    const asked = new Set(services.filter(isForwarded).flatMap((service) => [...poolsOf(service)]));
    for (const [position, { name, jumbo = ETHERNET_MTU }] of pools.entries()) {
      if (!asked.has(name)) continue;
      sent_octets_max = Math.min(sent_octets_max, jumbo);
      if (jumbo <= received_octets_max) continue;
      received_octets_max = jumbo;
      received_key = formatPath(['virtual_stores', index, 'pools', position, 'jumbo']);
    }
  }
  return { sent_octets_max, received_octets_max, received_key };
}

function listenersOf({ address, services }: VirtualStoreConfig): ServiceOptions[] {
  return services.flatMap((service) => {
    const { program, port } = service;
    const is_streamed = isForwarded(service) && program !== RPC_PROGRAM.mount;
    return is_streamed && program !== undefined ? [{ address, port, program }] : [];
  });
}

function frontOf(network: Network, virtual_store: VirtualStoreConfig): FrontPlan | undefined {
  const { address, services, pools } = virtual_store;
  const mount = services.find((service) => isForwarded(service) && service.program === RPC_PROGRAM.mount);
  if (mount === undefined || !services.some(isAnsweredHere)) return undefined;
  const own = poolsOf(mount);
  // A MOUNT call does not have a file handle by which the data plane could tell the export.
  const others = new Set(
    services
      .flatMap(({ rules }) => rules)
      .filter((rule) => rule.export !== undefined && !own.has(rule.pool))
      .map(({ pool }) => pool),
  );
  const used = [...own, ...others].flatMap((name) => pools.find((pool) => pool.name === name) ?? []);
  const names = new Set(used.flatMap(({ stores }) => stores.map(({ store }) => store)));
  return {
    address,
    mount_port: mount.port,
    services: services.flatMap(virtualService),
    stores: network.config.stores
      .filter(({ name }) => names.has(name))
      .map(({ name, address }) => ({ name, address })),
    pools: used.map(({ name, stores }) => ({ name, stores: stores.map(({ store }) => store) })),
    pool_ids: new Map([...others].map((name) => [name, network.poolId(virtual_store.name, name)])),
  };
}

/** Portmap and MOUNT are told of by their front. */
function virtualService({ program, version, protocol, port, mode }: ServiceConfig): VirtualService[] {
  if (program === undefined || version === undefined) return [];
  if (program === RPC_PROGRAM.portmap || program === RPC_PROGRAM.mount) return [];
  const has_v4 = program === RPC_PROGRAM.nfs && version === NFS3_VERSION && mode === 'session';
  return [{ program, versions: has_v4 ? [version, NFS_V4] : [version], protocol, port }];
}
