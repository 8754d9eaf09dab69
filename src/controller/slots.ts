/**
 * Who owns each slot of a pool now, and who takes over. Pure functions of names, weights and who serves, so that
 * every virtualizer that sees the same gives the same answer.
 *
 * While everybody serves, a slot's owner is Maglev's. The slot of a store that does not serve goes to whoever
 * comes first in that slot's own order of succession (weighted rendezvous hashing), which no other store's fate
 * can change. So a store that leaves moves its own slots and no others, one that returns gets back exactly those,
 * and the standby computed beforehand is the owner afterwards. A Maglev table of those that serve, which is what
 * one would take first, keeps none of this once a second store leaves.
 */
import { hashText, mix } from './hash';
import { compareNames, maglev, type Member } from './maglev';

export interface Slot {
  owner: string;
  /** Who serves the slot if `owner` dies; undefined where nobody else serves. */
  standby: string | undefined;
}

/** So many of each slot's order of succession are remembered; only where fewer than two of them serve are all looked at. */
const HEIRS = 4;

/** One per slot, or none at all where no member with a weight serves. Computes the Maglev table only once. */
export class PoolSlots {
  readonly members: readonly Member[];
  readonly #base: readonly string[];
  readonly #candidates: readonly Candidate[];
  /** By slot: the first ones of all members. Computed when first needed. */
  #heirs: readonly (readonly Candidate[])[] | undefined;

  constructor(
    members: readonly Member[],
    readonly slots: number,
  ) {
    this.members = members.filter(({ weight }) => weight > 0).sort((a, b) => compareNames(a.name, b.name));
    this.#base = maglev(this.members, slots);
    this.#candidates = this.members.map(withHash);
  }

  assign(serves: (name: string) => boolean): Slot[] {
    const serving = this.#candidates.filter(({ name }) => serves(name));
    if (serving.length === 0) return [];
    const names = new Set(serving.map(({ name }) => name));
    const heirs_needed = Math.min(2, serving.length);
    this.#heirs ??= this.#base.map((_, slot) => successors(this.#candidates, slot, HEIRS));
    return this.#heirs.map((all, slot) => {
      const owner = this.#base[slot] ?? '';
      let heirs = all.filter(({ name }) => names.has(name));
      if (heirs.length < heirs_needed) heirs = successors(serving, slot, heirs_needed);
      const [first, second] = heirs.map(({ name }) => name);
      if (!names.has(owner)) return { owner: first as string, standby: second };
      return { owner, standby: first === owner ? second : first };
    });
  }
}

type Candidate = Member & { hash: number };

function withHash(member: Member): Candidate {
  return { ...member, hash: hashText(member.name, 3) };
}

/** The first ones in the slot's order of succession. */
function successors(candidates: readonly Candidate[], slot: number, count: number): Candidate[] {
  const first: { candidate: Candidate; delay: number }[] = [];
  for (const candidate of candidates) {
    const delay = arrival(candidate, slot);
    // Of equals, the one that came before stays in front.
    if (first.length === count && delay >= (first.at(-1)?.delay ?? 0)) continue;
    let at = Math.min(first.length, count - 1);
    while (at > 0 && delay < (first[at - 1]?.delay ?? 0)) at -= 1;
    first.splice(at, 0, { candidate, delay });
    first.length = Math.min(first.length, count);
  }
  return first.map(({ candidate }) => candidate);
}

/**
 * When the candidate arrives at the slot, if arrivals are exponentially distributed with its weight as rate: then
 * it is first with a probability in proportion to its weight. The logarithm is rounded before it is used, lest
 * its last bit differ between machines; candidates come sorted by name, so that ties have one outcome too.
 */
function arrival({ hash, weight }: Candidate, slot: number): number {
  const uniform = (mix(hash ^ mix(slot)) + 0.5) / 2 ** 32;
  return Math.round(-Math.log(uniform) * 2 ** 32) / weight;
}
