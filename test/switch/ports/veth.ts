import { execFileSync } from 'node:child_process';

/** Whether this process may make network interfaces and packet sockets. */
export const is_root = process.getuid?.() === 0;

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * An interface name of this process's own: were it another's too, its tests' switch would take up the link once it is
 * made anew, and forward our frames a second time. At most 15 bytes.
 */
export function ownName(name: string): string {
  return `ssp${process.pid.toString(36)}-${name}`;
}

export function deleteInterface(name: string): void {
  ip('link', 'del', name);
}

/** A veth pair, up, quiet (no IPv6), for jumbo frames, named by `ownName`. */
export function makeVethPair(a: string, b: string, mtu_bytes = 9000): void {
  try {
    deleteInterface(a);
  } catch {
    // No leftover of an earlier run.
  }
  ip('link', 'add', a, 'mtu', String(mtu_bytes), 'type', 'veth', 'peer', 'name', b, 'mtu', String(mtu_bytes));
  for (const name of [a, b]) {
    execFileSync('sysctl', ['-qw', `net.ipv6.conf.${name}.disable_ipv6=1`]);
    ip('link', 'set', name, 'up');
  }
}

export function setLink(name: string, state: 'up' | 'down'): void {
  ip('link', 'set', name, state);
}

export function setMtu(name: string, mtu_bytes: number): void {
  ip('link', 'set', name, 'mtu', String(mtu_bytes));
}
