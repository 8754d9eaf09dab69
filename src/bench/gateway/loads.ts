import type { Load } from '../lab/nfs_load';

const READ_BYTES = 4096;
/** Under way at once in all, whether from one connection or from many. */
const UNDER_WAY = 64;
const MANY = 16;
/** What all paths can carry: there the same requests a second cost one more than the other. */
const RATE = 1500;

const getattr = { procedure: 'getattr', bytes: READ_BYTES } as const;
const read = { procedure: 'read', bytes: READ_BYTES } as const;
const one = { sockets: 1, rate: 0, burst: UNDER_WAY };
const many = { sockets: MANY, rate: 0, burst: UNDER_WAY / MANY };
const paced = { sockets: MANY, rate: RATE, burst: 1 };

/** What the benchmark's own figures are of. */
export const MAIN: Load = { name: 'getattr_many', ...getattr, ...many };

/** As much as a path carries: what the goals are about. */
export const FULL_LOADS: readonly Load[] = [
  MAIN,
  { name: 'getattr_one', ...getattr, ...one },
  { name: 'read_many', ...read, ...many },
  { name: 'read_one', ...read, ...one },
];

/** The same rate on all paths, each request by itself. */
export const PACED_LOADS: readonly Load[] = [
  { name: `getattr_${RATE}`, ...getattr, ...paced },
  { name: `read_${RATE}`, ...read, ...paced },
];

export const LOADS: readonly Load[] = [...FULL_LOADS, ...PACED_LOADS];

export function isOneConnection({ sockets }: Load): boolean {
  return sockets === 1;
}
