/** Each case asked of a store itself and through the gateway. */
import type { AccessClient } from './client';
import { CASES, differences, type Case, type Verdict } from './cases';

export interface MatrixResult {
  cases: number;
  /** A line for each case in which the verdicts differ, or one could not be had. */
  mismatches: readonly string[];
  /** How many cases have which verdict of the store itself. */
  verdicts: ReadonlyMap<string, number>;
}

export async function askAll(
  client: AccessClient,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<MatrixResult> {
  const mismatches: string[] = [];
  const verdicts = new Map<string, number>();
  let address: string | undefined;
  for (const asked of CASES) {
    signal.throwIfAborted();
    if (asked.address !== address) {
      ({ address } = asked);
      client.setAddress(address);
      progress(`access: client ${address}`);
    }
    const direct = await client.directly(asked);
    const through = await client.throughGateway(asked);
    const text = describe(direct);
    verdicts.set(text, (verdicts.get(text) ?? 0) + 1);
    const differing = differences(direct, through);
    if (differing.length === 0) continue;
    mismatches.push(
      `${name(asked)}: ${differing.map((one) => `${one}: ${direct[one]} / ${through[one]}`).join('; ')}`,
    );
    progress(`access: ${mismatches.at(-1) ?? ''}`);
  }
  return { cases: CASES.length, mismatches, verdicts };
}

function name({ address, export: path, privileged_port, uid }: Case): string {
  return `${address} /${path} ${privileged_port ? 'privileged' : 'unprivileged'} port, uid ${uid}`;
}

function describe(verdict: Verdict): string {
  return Object.entries(verdict)
    .map(([attempt, answer]) => `${attempt}: ${answer}`)
    .join(', ');
}
