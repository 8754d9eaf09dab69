/**
 * Who mounted what through us: what DUMP lists (showmount -a). Of use to people only (RFC 1813 section 5.2.2): clients
 * that vanish stay in it, and it is gone when we are.
 */
import type { Ipv4Address } from '../../wire/address';
import type { MountEntry } from '../../wire/mount';

export interface MountListLimits {
  mounts_max: number;
  mounts_per_host_max: number;
}

export class MountList {
  /** Paths of each host; in both, the longest unchanged first. */
  readonly #paths = new Map<Ipv4Address, Set<string>>();
  #size = 0;

  constructor(private readonly limits: MountListLimits) {}

  get size(): number {
    return this.#size;
  }

  /** Returns how many entries gave way: one, or none. */
  add(host: Ipv4Address, path: string): number {
    this.remove(host, path);
    const paths = this.#paths.get(host) ?? new Set();
    let forgotten = 0;
    if (paths.size >= this.limits.mounts_per_host_max) forgotten = this.forgetOldest(host, paths);
    else if (this.#size >= this.limits.mounts_max) {
      const [oldest] = this.#paths;
      if (oldest !== undefined) forgotten = this.forgetOldest(...oldest);
    }
    paths.add(path);
    this.#size++;
    this.#paths.delete(host);
    this.#paths.set(host, paths);
    return forgotten;
  }

  remove(host: Ipv4Address, path: string): void {
    const paths = this.#paths.get(host);
    if (paths?.delete(path) !== true) return;
    this.#size--;
    if (paths.size === 0) this.#paths.delete(host);
  }

  removeHost(host: Ipv4Address): void {
    this.#size -= this.#paths.get(host)?.size ?? 0;
    this.#paths.delete(host);
  }

  entries(): MountEntry[] {
    return [...this.#paths].flatMap(([hostname, paths]) =>
      [...paths].map((directory) => ({ hostname, directory })),
    );
  }

  private forgetOldest(host: Ipv4Address, paths: Set<string>): number {
    const [oldest] = paths;
    if (oldest === undefined) return 0;
    this.remove(host, oldest);
    return 1;
  }
}
