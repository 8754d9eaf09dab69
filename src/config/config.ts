/** The configuration as the controller uses it: checked, and with everything inherited filled in. */
import { RPC_PROGRAM } from '../wire/rpc';
import { isAnsweredHere } from './modes';
import { poolsOf } from './pools';
import type { ConfigShape } from './schema';

type VirtualStoreShape = ConfigShape['virtual_stores'][number];
type ServiceShape = VirtualStoreShape['services'][number];

export type PortConfig = ConfigShape['ports'][number];
export type RouteConfig = ConfigShape['routes'][number];
export type StoreConfig = ConfigShape['stores'][number];
export type HealthConfig = ConfigShape['health'];

export interface PoolConfig extends Omit<VirtualStoreShape['pools'][number], 'stores'> {
  /** At least one weight is above 0. */
  stores: { store: string; weight: number }[];
}

export interface ServiceHealthConfig extends HealthConfig {
  check: 'null_rpc' | 'tcp_connect' | 'none';
}

export interface ServiceConfig extends Omit<ServiceShape, 'health'> {
  /** Complete: the `health` section with this service's differences. */
  health: ServiceHealthConfig;
}

export interface VirtualStoreConfig extends Omit<VirtualStoreShape, 'pools' | 'services'> {
  pools: PoolConfig[];
  services: ServiceConfig[];
}

export interface Config extends Omit<ConfigShape, 'virtual_stores'> {
  virtual_stores: VirtualStoreConfig[];
}

const DEFAULT_PROGRAM_VERSION = new Map<number, number>([
  [RPC_PROGRAM.portmap, 2],
  [RPC_PROGRAM.nfs, 3],
  [RPC_PROGRAM.mount, 3],
  [RPC_PROGRAM.nlm, 4],
  [RPC_PROGRAM.status, 1],
]);

/** The version a service's health checks call; undefined where it must be configured. */
export function programVersion(service: Pick<ServiceShape, 'program' | 'version'>): number | undefined {
  if (service.version !== undefined || service.program === undefined) return service.version;
  return DEFAULT_PROGRAM_VERSION.get(service.program);
}

/** How a service is checked if it does not say so itself. */
export function healthCheckKind(service: ServiceShape): ServiceHealthConfig['check'] {
  if (service.health.check !== undefined) return service.health.check;
  if (isAnsweredHere(service)) return 'none';
  if (service.program !== undefined) return 'null_rpc';
  return service.protocol === 'tcp' ? 'tcp_connect' : 'none';
}

/** Fills in what entries inherit from each other. The shape must have passed the cross-checks. */
export function resolveConfig(shape: ConfigShape): Config {
  const storeWeight = new Map(shape.stores.map((store) => [store.name, store.weight]));
  const virtual_stores = shape.virtual_stores.map((virtualStore) => ({
    ...virtualStore,
    pools: virtualStore.pools.map((pool) => ({
      ...pool,
      stores: pool.stores.map(({ store, weight }) => ({
        store,
        weight: weight ?? storeWeight.get(store) ?? 1,
      })),
    })),
    services: virtualStore.services.map((service) => resolveService(service, shape.health)),
  }));
  return { ...shape, virtual_stores };
}

function resolveService(service: ServiceShape, defaults: HealthConfig): ServiceConfig {
  const version = programVersion(service);
  return {
    ...service,
    ...(version === undefined ? {} : { version }),
    health: {
      check: healthCheckKind(service),
      interval_ms: service.health.interval_ms ?? defaults.interval_ms,
      timeout_ms: service.health.timeout_ms ?? defaults.timeout_ms,
      failures: service.health.failures ?? defaults.failures,
      successes: service.health.successes ?? defaults.successes,
    },
  };
}

/** Longest time from a store's death to its removal: it died right after a good answer, every later check times out. */
export function detection_ms(health: HealthConfig): number {
  return health.interval_ms * health.failures + health.timeout_ms;
}

/** Settings that are allowed but break a promise, or do nothing, one sentence each. */
export function configWarnings(config: Config): string[] {
  return config.virtual_stores.flatMap((virtualStore) => [
    ...virtualStore.services
      .filter(({ health }) => health.check !== 'none' && detection_ms(health) > 1000)
      .map(
        ({ name, health }) =>
          `service ${virtualStore.name}/${name}: a dead store may serve for ${detection_ms(health)} ms, ` +
          'more than 1000 (interval_ms * failures + timeout_ms)',
      ),
    ...virtualStore.pools
      .filter(({ name }) => virtualStore.services.every((service) => !poolsOf(service).has(name)))
      .map(({ name }) => `pool ${virtualStore.name}/${name}: no service and no rule uses it`),
  ]);
}
