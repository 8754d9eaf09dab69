/** portmap and MOUNT in front of a virtual store. */
export { Front, DEFAULT_MOUNT_PORT, type FrontOptions, type FrontStatus } from './front';
export type { ExportPool } from './export_list';
export type { ClientEndpoint, Forwarder } from './forwarder';
export { DEFAULT_FRONT_LIMITS, type FrontLimits } from './limits';
export { FRONT_COUNTERS, type FrontCounter } from './counters';
export type { VirtualService } from './portmap_front';
export { DEFAULT_SOURCES_OPTIONS, type SourcesOptions, type Standing } from './sources';
export {
  DEFAULT_STORE_EXPORTS_OPTIONS,
  type ExportingStore,
  type StoreExportsOptions,
  type StoreExportsStatus,
} from './store_exports';
