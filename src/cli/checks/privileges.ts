/** What this process may do to the network. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Finding, Job } from './check';

/** capabilities(7): bit numbers of <linux/capability.h>. */
const CAPABILITIES: readonly { name: string; bit: bigint; jobs: Job[]; purpose: string }[] = [
  {
    name: 'CAP_NET_RAW',
    bit: 13n,
    jobs: ['demo', 'test', 'run'],
    purpose: 'the switch sends and receives frames',
  },
  {
    name: 'CAP_NET_ADMIN',
    bit: 12n,
    jobs: ['demo', 'test', 'run'],
    purpose: 'promiscuous ports, veth pairs',
  },
  { name: 'CAP_SYS_ADMIN', bit: 21n, jobs: ['demo', 'test'], purpose: 'network namespaces' },
];

const AS_ROOT = 'run it as root: sudo storeswitch doctor';

export function checkCapabilities(): Finding[] {
  const effective = effectiveCapabilities();
  const user = process.getuid?.() === 0 ? 'root' : `user ${process.getuid?.() ?? 'unknown'}`;
  const absent = CAPABILITIES.filter(({ bit }) => (effective & (1n << bit)) === 0n);
  if (absent.length === 0) {
    const names = CAPABILITIES.map(({ name }) => name).join(', ');
    return [{ name: 'privileges', state: 'ok', detail: `${user}, has ${names}` }];
  }
  return absent.map(({ name, jobs, purpose }) => ({
    name,
    state: 'lacks',
    detail: `not held by ${user}: ${purpose}`,
    jobs,
    mend: AS_ROOT,
  }));
}

/** Of proc(5)'s status, in hexadecimal; none where there is no /proc. */
function effectiveCapabilities(): bigint {
  try {
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return line?.[1] === undefined ? 0n : BigInt(`0x${line[1]}`);
  } catch {
    return 0n;
  }
}

/** Tried in a namespace that is gone when its only process ends. */
export function checkNamespaces(): Finding[] {
  const name = 'network namespaces and veth pairs';
  const jobs: Job[] = ['demo', 'test'];
  const addPair = ['ip', 'link', 'add', 'doctor0', 'type', 'veth', 'peer', 'name', 'doctor1'];
  const unshare = spawnSync('unshare', ['--net', ...addPair], { encoding: 'utf8' });
  if (unshare.status === 0) return [{ name, state: 'ok', detail: 'can be made' }];
  const detail = unshare.error?.message ?? (unshare.stderr.trim().split('\n').at(-1) || 'cannot be made');
  const mend =
    process.getuid?.() === 0 ? 'use a kernel or container that allows network namespaces' : AS_ROOT;
  return [{ name, state: 'lacks', detail, jobs, mend }];
}
