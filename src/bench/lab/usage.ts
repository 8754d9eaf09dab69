/** From what the kernel counted to what ran per second: arithmetic only. */

/** One reading of all counts, of whoever takes part. */
export interface Sample<Party extends string> {
  time_us: number;
  /** Of all CPUs together. */
  idle_us: number;
  cpu_us: Readonly<Record<Party, number>>;
  answered: number;
}

/** What ran between two samples, per second. */
export interface Usage<Party extends string> {
  requests_per_second: number;
  cpu_us_per_second: Readonly<Record<Party, number>>;
  /** All that ran on the machine, whoever it was for. */
  machine_us_per_second: number;
}

export function eachParty<Party extends string>(
  parties: readonly Party[],
  value: (party: Party) => number,
): Record<Party, number> {
  return Object.fromEntries(parties.map((party) => [party, value(party)])) as Record<Party, number>;
}

export function usageBetween<Party extends string>(
  from: Sample<Party>,
  to: Sample<Party>,
  cpus: number,
): Usage<Party> {
  const elapsed_us = to.time_us - from.time_us;
  if (elapsed_us <= 0) throw new Error('two samples of the same moment');
  const perSecond = (of: (sample: Sample<Party>) => number): number =>
    ((of(to) - of(from)) * 1e6) / elapsed_us;
  return {
    requests_per_second: perSecond(({ answered }) => answered),
    cpu_us_per_second: eachParty(Object.keys(to.cpu_us) as Party[], (party) =>
      perSecond(({ cpu_us }) => cpu_us[party]),
    ),
    machine_us_per_second: cpus * 1e6 - perSecond(({ idle_us }) => idle_us),
  };
}

/** What ran on the machine besides the parties, as a fraction of all it can do. */
export function otherWork<Party extends string>(
  { machine_us_per_second, cpu_us_per_second }: Usage<Party>,
  cpus: number,
): number {
  const ours = Object.values<number>(cpu_us_per_second).reduce((sum, us) => sum + us, 0);
  return Math.max(0, machine_us_per_second - ours) / (cpus * 1e6);
}
