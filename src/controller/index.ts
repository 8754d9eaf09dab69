/** The controller of one virtualizer. */
export type { Clock, Timer } from './clock';
export { Controller, ControllerError, type ControllerOptions } from './controller';
export type * from './status';
export { overfullTables } from './fixed_rows';
export { Network } from './network';
export { shareWarnings } from './pool_shares';
