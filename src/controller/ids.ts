/**
 * Numbers of stores, services and pools in the switch's tables. A number comes from the hash of a name, so that it
 * seldom changes when others are added or removed, and never when their order changes: the request table in the switch names
 * stores by number, and counters count by number, across restarts of the controller. Where two names have one hash, the later
 * one in the alphabet takes the next number that is free, and another when the earlier one comes or goes: renumbered.ts.
 */
import { hashText } from './hash';
import { compareNames } from './maglev';

/** Stands for no store, service or pool. */
export const NO_ID = 0;

/** Different numbers of 1 to `capacity - 1`, as `p4/sizes.p4` leaves room for. Throws if there are more names. */
export function assignIds(what: string, names: readonly string[], capacity: number): Map<string, number> {
  const room = capacity - 1;
  if (names.length > room) {
    throw new RangeError(`${names.length} ${what}: the P4 program has room for ${room}`);
  }
  const ids = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of [...names].sort(compareNames)) {
    let id = (hashText(name) % room) + 1;
    while (taken.has(id)) id = (id % room) + 1;
    taken.add(id);
    ids.set(name, id);
  }
  return ids;
}
