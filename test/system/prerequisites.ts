/** What tests on real stores need of the machine. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isOnPath } from '../../src/bench/on_path';

export const CHECKOUT = resolve(__dirname, '../..');

/** Why a test with this switch cannot run here; undefined where it can. */
export function obstacle(target: string): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['ganesha.nfsd', 'mnexec', 'tcpdump', 'nfs-ls'].filter((program) => !isOnPath(program));
  if (missing.length > 0) return `${missing.join(', ')} not on PATH`;
  if (target === 'bmv2' && !isOnPath('simple_switch_grpc')) return 'simple_switch_grpc not on PATH';
  const compiled = ['dist/cli/main.js', '.storeswitch/nfs-udp'].every((file) =>
    existsSync(`${CHECKOUT}/${file}`),
  );
  return compiled ? undefined : 'not compiled: `npm test` does that';
}
