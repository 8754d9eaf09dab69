/** One thing this machine has or lacks. */

/** What may be wanted of a machine: the demo, the tests, or serving real clients. */
export type Job = 'demo' | 'test' | 'run';

export interface Finding {
  /** What was looked at. */
  name: string;
  /** lacks: a job cannot be done; note: worth knowing, nothing is in the way. */
  state: 'ok' | 'lacks' | 'note';
  /** What was found. */
  detail: string;
  /** The jobs it stands in the way of; only with `lacks`. */
  jobs?: Job[];
  /** The command that mends it. */
  mend?: string;
}

export type Check = () => Finding[] | Promise<Finding[]>;
