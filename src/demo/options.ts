/** What a demo is asked for. */
import type { Target } from '../topology/state';

export const SCENARIOS = ['balance', 'translation'] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface DemoOptions {
  /** `balance`: clients' packets reach stores as they are; `translation`: see translation.ts. */
  scenario: Scenario;
  target: Target;
  /** Leaves the topology running. */
  keep: boolean;
  progress: (text: string) => void;
  signal: AbortSignal;
  instance?: string;
}
