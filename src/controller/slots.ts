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

/** One per slot, or none at all where no member with a weight serves. Computes the Maglev table only once. */
export class PoolSlots {
  readonly members: readonly Member[];
  readonly #base: readonly string[];

  constructor(
    members: readonly Member[],
    readonly slots: number,
  ) {
    this.members = members.filter(({ weight }) => weight > 0).sort((a, b) => compareNames(a.name, b.name));
    this.#base = maglev(this.members, slots);
  }

  assign(serves: (name: string) => boolean): Slot[] {
    const serving = this.members.filter(({ name }) => serves(name)).map(withHash);
    if (serving.length === 0) return [];
    return this.#base.map((owner, slot) => {
      const [first, second] = successors(serving, slot);
      if (!serves(owner)) return { owner: first as string, standby: second };
      return { owner, standby: first === owner ? second : first };
    });
  }
}

type Candidate = Member & { hash: number };

function withHash(member: Member): Candidate {
  return { ...member, hash: hashText(member.name, 3) };
}

/** The first two in the slot's order of succession. */
function successors(
  candidates: readonly Candidate[],
  slot: number,
): [string | undefined, string | undefined] {
  let first: Candidate | undefined;
  let second: Candidate | undefined;
  let first_delay = Infinity;
  let second_delay = Infinity;
  for (const candidate of candidates) {
    const delay = arrival(candidate, slot);
    if (delay < first_delay) {
      [second, second_delay] = [first, first_delay];
      [first, first_delay] = [candidate, delay];
    } else if (delay < second_delay) {
      [second, second_delay] = [candidate, delay];
    }
  }
  return [first?.name, second?.name];
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
