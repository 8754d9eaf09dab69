/** Which health checks there are: one per store and per thing that services ask of it. */
import type { PortConfig, ServiceConfig, ServiceHealthConfig, StoreConfig } from '../config/config';
import { poolsOf } from '../config/pools';
import type { Ipv4Address } from '../wire/address';
import { NO_ID } from './ids';
import type { Network } from './network';

/**
 * Source port of all checks: what comes back to it goes to the controller. Outside Linux's ephemeral ports
 * (32768 on) and those of bindresvport(3) (below 1024), so that no program on the host has it by chance.
 */
export const PROBE_PORT = 20490;
/** What the switch counts answers to checks under: no service has this number. */
export const PROBE_SERVICE_ID = NO_ID;

interface Target {
  virtual_store: string;
  /** Services that need it. */
  services: string[];
  /** The VIP. */
  address: Ipv4Address;
  port: number;
  timing: Omit<ServiceHealthConfig, 'check'>;
}

/** NULL (RFC 5531, section 12.1) of one program, over UDP, also for services over TCP: their programs answer on both. */
export interface RpcTarget extends Target {
  check: 'null_rpc';
  program: number;
  version: number;
}

/** Whether anybody listens. */
export interface TcpTarget extends Target {
  check: 'tcp_connect';
}

export type CheckTarget = RpcTarget | TcpTarget;

export interface PlannedCheck {
  store: string;
  target: CheckTarget;
}

/** Services that ask the same are checked once. */
export function planChecks(network: Network): PlannedCheck[] {
  return network.config.virtual_stores.flatMap(({ name, address, pools, services }) =>
    pools.flatMap((pool) => {
      const targets = new Map<string, CheckTarget>();
      for (const service of services) {
        if (poolsOf(service).has(pool.name)) addTarget(targets, name, address, service);
      }
      return pool.stores.flatMap(({ store }) => [...targets.values()].map((target) => ({ store, target })));
    }),
  );
}

function addTarget(
  targets: Map<string, CheckTarget>,
  virtual_store: string,
  address: Ipv4Address,
  { name, port, program, version, health }: ServiceConfig,
): void {
  const { check, ...timing } = health;
  const common = { virtual_store, services: [name], address, port, timing };
  const target: CheckTarget | undefined =
    check === 'tcp_connect'
      ? { ...common, check }
      : check === 'none' || program === undefined || version === undefined
        ? undefined
        : { ...common, check, program, version };
  if (target === undefined) return;
  const key = JSON.stringify({ ...target, services: [] });
  const same = targets.get(key);
  if (same === undefined) targets.set(key, target);
  else same.services.push(name);
}

/** Where a check of a store behind `port` comes from; undefined if no internal port has an address. */
export function probeSource(network: Network, store: StoreConfig, port: PortConfig): Ipv4Address | undefined {
  const elsewhere = network.internal.flatMap(({ addresses }) => addresses)[0]?.address;
  return network.ownAddress(port, store.address) ?? elsewhere;
}

export function probeSources(network: Network): Set<Ipv4Address> {
  const sources = network.config.stores.flatMap((store) =>
    network.storePorts(store).map((port) => probeSource(network, store, port)),
  );
  return new Set(sources.filter((source) => source !== undefined));
}
