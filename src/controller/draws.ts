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
  const weight_max = Math.max(...takers.map(({ weight }) => weight));
  const offers = new Map(
    takers.map(({ name, weight }): [string, Offer] => [
      name,
      { name, cost: Math.min(COST_MAX, Math.round((COST_MIN * weight_max) / weight)) },
    ]),
  );
  const first = rotation(
    takers,
    Array.from({ length }, (_, position) => position),
    [],
  );
  const columns = [first];
  while (columns.length < Math.min(DRAW_WIDTH, takers.length)) {
    columns.push(rotation(takers, shuffled(length, columns.length), columns));
  }
  return first.map((name, position) => {
    const offer = (column: number) => offers.get(columns[column]?.[position] ?? name) as Offer;
    return [offer(0), offer(1), offer(2), offer(3)];
  });
}

/**
 * One name for each position, given out in `order`: in each step everybody earns its weight, and whoever has most of
 * those that no column of `others` has at that position comes, and pays what all have earned.
 */
function rotation(
  takers: readonly Member[],
  order: readonly number[],
  others: readonly (readonly string[])[],
): string[] {
  const total = takers.reduce((sum, { weight }) => sum + weight, 0);
  const candidates = takers.map((taker) => ({ ...taker, credit: 0 }));
  const names = new Array<string>(order.length);
  for (const position of order) {
    for (const candidate of candidates) candidate.credit += candidate.weight;
    const free = candidates.filter(({ name }) => others.every((other) => other[position] !== name));
    const best = free.reduce((most, next) => (next.credit > most.credit ? next : most));
    best.credit -= total;
    names[position] = best.name;
  }
  return names;
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
