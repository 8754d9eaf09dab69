/** What one client address may cost the controller and the fragment table: the parameters of a token bucket. */
import { ROLE } from './constants';
import { exactly, nameIn, uint } from './field';
import { Table } from './table';

/** `interval`: of a packet, `burst`: of those that may come at once but for the first; both in units of 1/64 us. */
export const clientLimit = new Table(
  'client_limit',
  { role: exactly(nameIn(ROLE, 8)) },
  { set_limit: { interval: uint(32), burst: uint(32) } },
);

const UNITS_PER_S = 64_000_000;

/** For `packets_per_second` from 1 to 10,000,000, of which `burst_packets`, 1 to 64 or less than a second's, may come at once. */
export function limitOf(
  packets_per_second: number,
  burst_packets: number,
): { interval: number; burst: number } {
  const interval = Math.max(1, Math.round(UNITS_PER_S / packets_per_second));
  return { interval, burst: interval * (burst_packets - 1) };
}
