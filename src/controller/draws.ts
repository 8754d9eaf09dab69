/**
 * What the switch draws stores from, for requests that may go anywhere: pure functions of names, weights and who
 * serves, so that every virtualizer that sees the same draws from the same.
 *
 * The first stores of the draws, one after the other, are a rotation in which each member comes as often as its weight
 * says, spread as evenly as can be (smooth weighted round robin). The second to fourth are such
 * rotations over the draws in other orders, so that each member meets all others. Within a draw they differ, where there
 * are as many members; where weights differ much, that takes some of its share from the heaviest.
 */
import { mix } from './hash';
import { compareNames, type Member } from './maglev';

/** Stores a draw offers. */
export const DRAW_WIDTH = 4;
/** What an outstanding request weighs at the member of the greatest weight; others weigh more, up to 16 bits. */
const COST_MIN = 64;
const COST_MAX = 0xffff;

export type Draw = readonly [Offer, Offer, Offer, Offer];

export interface Offer {
  name: string;
  cost: number;
}

/** `length` draws; none where nobody has a weight. */
export function drawsOf(members: readonly Member[], length: number): Draw[] {
  const takers = members.filter(({ weight }) => weight > 0).sort((a, b) => compareNames(a.name, b.name));
  if (takers.length === 0) return [];
  const weight_max = takers.reduce((most, { weight }) => Math.max(most, weight), 0);
  const offers = takers.map(({ name, weight }): Offer => ({
    name,
    cost: Math.min(COST_MAX, Math.round((COST_MIN * weight_max) / weight)),
  }));
  const first = rotation(
    takers,
    Array.from({ length }, (_, position) => position),
    [],
  );
  const columns = [first];
  while (columns.length < Math.min(DRAW_WIDTH, takers.length)) {
    columns.push(rotation(takers, shuffled(length, columns.length), columns));
  }
  return first.map((taker, position) => {
    const offer = (column: number) => offers[columns[column]?.[position] ?? taker] as Offer;
    return [offer(0), offer(1), offer(2), offer(3)];
  });
}

/** Takers of one weight. */
interface Peers {
  weight: number;
  /** Who had fewest turns first, of those the first by name: turns * `takers.length` + its place among the takers. */
  queue: number[];
}

/**
 * One taker for each position, by its place among them, given out in `order`: in each step everybody earns its weight,
 * and whoever has most of those that no column of `others` has at that position comes, and pays what all have earned.
 *
 * Of takers with the same weight whoever had fewest turns has most. So a step looks at one taker of each weight, and a
 * pool of a thousand equal stores costs little more than one of ten; this runs in the turn in which a store has died.
 */
function rotation(
  takers: readonly Member[],
  order: readonly number[],
  others: readonly (readonly number[])[],
): number[] {
  const total = takers.reduce((sum, { weight }) => sum + weight, 0);
  const groups = peersOf(takers);
  const chosen = new Array<number>(order.length);
  order.forEach((position, step) => {
    const excluded = others.map((other) => other[position]);
    let best: Peers | undefined;
    let best_at = 0;
    let best_taker = 0;
    let best_credit = -Infinity;
    for (const peers of groups) {
      const { weight, queue } = peers;
      let at = 0;
      while (at < queue.length && excluded.includes((queue[at] ?? 0) % takers.length)) at += 1;
      const turns = queue[at];
      if (turns === undefined) continue;
      const taker = turns % takers.length;
      const credit = weight * (step + 1) - (total * (turns - taker)) / takers.length;
      if (credit > best_credit || (credit === best_credit && taker < best_taker)) {
        [best, best_at, best_taker, best_credit] = [peers, at, taker, credit];
      }
    }
    if (best === undefined) throw new RangeError('more columns than takers');
    const [turns = 0] = best.queue.splice(best_at, 1);
    insert(best.queue, turns + takers.length);
    chosen[position] = best_taker;
  });
  return chosen;
}

function peersOf(takers: readonly Member[]): Peers[] {
  const groups = new Map<number, Peers>();
  takers.forEach(({ weight }, taker) => {
    const peers = groups.get(weight);
    if (peers === undefined) groups.set(weight, { weight, queue: [taker] });
    else peers.queue.push(taker);
  });
  return [...groups.values()];
}

/** Into an ascending queue, in which it comes late as a rule. */
function insert(queue: number[], value: number): void {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((queue[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, value);
}

/** The numbers below `length` in an order that depends on nothing but `seed`. */
function shuffled(length: number, seed: number): number[] {
  const result = Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const other = mix(mix(seed) ^ i) % (i + 1);
    [result[i], result[other]] = [result[other] as number, result[i] as number];
  }
  return result;
}
