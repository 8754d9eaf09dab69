import type { Load } from '../lab/nfs_load';

/** As if so many clients sent. */
const sockets = 8;

/** What the benchmark's own figures are of. */
export const MAIN: Load = {
  name: 'getattr_4000',
  procedure: 'getattr',
  bytes: 8192,
  sockets,
  rate: 4000,
  burst: 1,
};
/** None is more than two cores can do on any path. */
export const LOADS: readonly Load[] = [
  MAIN,
  { name: 'getattr_1000', procedure: 'getattr', bytes: 8192, sockets, rate: 1000, burst: 1 },
  { name: 'getattr_8000', procedure: 'getattr', bytes: 8192, sockets, rate: 8000, burst: 1 },
  { name: 'getattr_4000_by_16', procedure: 'getattr', bytes: 8192, sockets, rate: 4000, burst: 16 },
  { name: 'read_1000', procedure: 'read', bytes: 8192, sockets, rate: 1000, burst: 1 },
  { name: 'write_1000', procedure: 'write', bytes: 8192, sockets, rate: 1000, burst: 1 },
];
