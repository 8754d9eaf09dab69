/** What tests on real stores need of the machine. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isOnPath } from '../../src/bench/on_path';

export const CHECKOUT = resolve(__dirname, '../..');

/** Why a test with this switch cannot run here; undefined where it can. */
export function obstacle(target: string): string | undefined {
  const missing = missingHere(['ganesha.nfsd', 'mnexec', 'tcpdump', 'nfs-ls']);
  if (missing !== undefined) return missing;
  if (target === 'bmv2' && !isOnPath('simple_switch_grpc')) return 'simple_switch_grpc not on PATH';
  const compiled = ['dist/cli/main.js', '.storeswitch/nfs-udp'].every((file) =>
    existsSync(`${CHECKOUT}/${file}`),
  );
  return compiled ? undefined : 'not compiled: `npm test` does that';
}

/** Why a test that needs root and these programs cannot run here; undefined where it can. */
export function missingHere(programs: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = programs.filter((program) => !isOnPath(program));
  return missing.length > 0 ? `${missing.join(', ')} not on PATH` : undefined;
}
