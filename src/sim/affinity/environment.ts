import type { Frames } from '../frames';
import type { Draws } from '../random';
import type { Timeline } from '../timeline';
import type { AffinityCounts } from './counts';
import type { LossyNetwork } from './network';
import type { StoreFates } from './store_fates';
import type { Virtualizers } from './virtualizers';

/** What clients of all kinds share in a run. */
export interface AffinityEnvironment {
  timeline: Timeline;
  draws: Draws;
  network: LossyNetwork;
  frames: Frames;
  virtualizers: Virtualizers;
  fates: StoreFates;
  counts: AffinityCounts;
}
