/**
 * Fills a table of slots evenly (Eisenbud et al., "Maglev", NSDI 2016, section 3.4): each member has its own order
 * of preference over the slots, and members take turns in claiming the free slot they like best. Another set of
 * members changes little beyond what it must.
 */
import { hashText } from './hash';

export interface Member {
  name: string;
  /** A whole number; a member of weight 0 gets no slot. */
  weight: number;
}

/** The owner of each slot. A pure function of the set of members: their order does not matter. */
export function maglev(members: readonly Member[], slots: number): string[] {
  // Any odd step visits every slot only where their number is a power of two.
  if (slots < 1 || (slots & (slots - 1)) !== 0)
    throw new RangeError(`${slots} slots: expected a power of two`);
  const takers = members
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => compareNames(a.name, b.name))
    .map((member) => ({ ...member, credit: 0, next: preference(member.name, slots) }));
  if (takers.length === 0) return [];
  const weight_max = Math.max(...takers.map(({ weight }) => weight));
  const owners = new Array<string | undefined>(slots);
  let free = slots;
  while (free > 0) {
    for (const taker of takers) {
      // A member of half the greatest weight claims in every second round.
      taker.credit += taker.weight;
      if (taker.credit < weight_max) continue;
      taker.credit -= weight_max;
      let slot = taker.next();
      while (owners[slot] !== undefined) slot = taker.next();
      owners[slot] = taker.name;
      free -= 1;
      if (free === 0) break;
    }
  }
  return owners as string[];
}

/** Each call gives the next slot in `name`'s order of preference; after all of them it begins again. */
function preference(name: string, slots: number): () => number {
  const step = hashText(name, 2) | 1;
  let position = hashText(name, 1);
  return () => {
    position = (position + step) >>> 0;
    return position & (slots - 1);
  };
}

/** By code unit: the same order everywhere, whatever the locale. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
