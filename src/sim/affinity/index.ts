/**
 * Do retransmissions of what must not run twice reach the store that has run it, and connections the store that has
 * taken them? Requests and answers get lost, clients repeat them, also after the answer; meanwhile stores die, return,
 * drain and get other weights. Every frame passes the compiled program with the entries of the controller behind it:
 * that of one virtualizer, or each transmission that of any of several with the same stores.
 */
import { Frames } from '../frames';
import { Draws } from '../random';
import { Timeline } from '../timeline';
import { noCounts, type AffinityCounts } from './counts';
import { LossyNetwork } from './network';
import { Requests } from './requests';
import { Sessions } from './sessions';
import { StoreFates } from './store_fates';
import { poolsOf, Virtualizers } from './virtualizers';

export type { AffinityCounts } from './counts';

export interface AffinityOptions {
  seed: number;
  virtualizers: number;
  stores: number;
  duration_s: number;
  requests_per_s: number;
  sessions_per_s: number;
  /** Of each of the four ways: client, switch, store and back. */
  loss: number;
}

/** Until the last retransmission has been answered or given up. */
const END_US = 30_000_000;

/** Rejects soon after `signal` aborts. */
export async function runAffinity(options: AffinityOptions, signal?: AbortSignal): Promise<AffinityCounts> {
  const { seed, stores, loss, duration_s } = options;
  const timeline = new Timeline();
  const draws = new Draws(seed);
  const counts = noCounts();
  const isAlive = (store: number): boolean => fates.incarnation(store) !== undefined;
  const virtualizers = new Virtualizers(timeline, new Draws(seed + 1), isAlive, options);
  const fates = new StoreFates(
    timeline,
    new Draws(seed + 2),
    { ...options, pools: poolsOf(stores) },
    virtualizers,
  );
  const network = new LossyNetwork(timeline, draws, loss);
  const environment = { timeline, draws, network, frames: new Frames(), virtualizers, fates, counts };
  await virtualizers.setUp();
  const until_us = timeline.now_us + duration_s * 1e6;
  for (const each of [new Requests(environment, options), new Sessions(environment, options), fates]) {
    each.start(until_us);
  }
  await timeline.run(() => {
    signal?.throwIfAborted();
    return timeline.now_us > until_us + END_US;
  });
  counts.store_events = fates.events;
  return counts;
}
