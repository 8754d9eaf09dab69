import type { DigestEntry_Config, DigestList, P4Data } from 'p4runtime-js';

/** Digest messages sent but not acknowledged that are remembered per digest. */
const UNACKNOWLEDGED_MAX = 65_536;
/** Whatever max_list_size is: what waits for a long timeout is bounded, and a list is no larger than gRPC allows. */
const LIST_SIZE_MAX = 1024;

interface Digest {
  config: DigestEntry_Config;
  /** By value: a list has no message twice. */
  buffer: Map<string, P4Data>;
  send_timer: NodeJS.Timeout | undefined;
  /** Values sent and not acknowledged, with the list they went in. */
  sent: Map<string, bigint>;
  lists: Map<bigint, { keys: string[]; timer: NodeJS.Timeout }>;
}

/**
 * Bundles digest messages into lists and suppresses what was sent and not yet acknowledged (specification, "Digest
 * Messages" and "DigestEntry").
 */
export class DigestLists {
  private readonly digests = new Map<number, Digest>();
  private next_list_id = 1n;

  constructor(private readonly send: (list: DigestList) => void) {}

  /** A message with its distinguishing key, under the digest's present config. */
  add(digest_id: number, config: DigestEntry_Config, key: string, data: P4Data): void {
    const digest = this.digest(digest_id, config);
    if (digest.sent.has(key) || digest.buffer.has(key)) return;
    digest.buffer.set(key, data);
    const list_size = config.maxListSize === 0 ? LIST_SIZE_MAX : Math.min(config.maxListSize, LIST_SIZE_MAX);
    const is_full = digest.buffer.size >= list_size;
    if (is_full || config.maxTimeoutNs === 0n) this.flush(digest_id, digest);
    else digest.send_timer ??= timer(config.maxTimeoutNs, () => this.flush(digest_id, digest));
  }

  acknowledge(digest_id: number, list_id: bigint): void {
    const digest = this.digests.get(digest_id);
    if (digest !== undefined) this.forget(digest, list_id);
  }

  /** Forgets everything: the program has changed. */
  clear(): void {
    for (const id of [...this.digests.keys()]) this.delete(id);
  }

  /** Nobody asks for the digest any more: what waits is not sent, and whoever asks anew has been sent nothing. */
  delete(digest_id: number): void {
    const digest = this.digests.get(digest_id);
    if (digest === undefined) return;
    clearTimeout(digest.send_timer);
    this.forgetSent(digest);
    this.digests.delete(digest_id);
  }

  /** There is a new primary, who has not seen what others have not acknowledged. What waits it is sent. */
  primaryChanged(): void {
    for (const digest of this.digests.values()) this.forgetSent(digest);
  }

  private digest(id: number, config: DigestEntry_Config): Digest {
    let digest = this.digests.get(id);
    if (digest === undefined) {
      digest = { config, buffer: new Map(), send_timer: undefined, sent: new Map(), lists: new Map() };
      this.digests.set(id, digest);
    }
    digest.config = config;
    return digest;
  }

  private flush(digest_id: number, digest: Digest): void {
    clearTimeout(digest.send_timer);
    digest.send_timer = undefined;
    if (digest.buffer.size === 0) return;
    const listId = this.next_list_id++;
    const keys = [...digest.buffer.keys()];
    const data = [...digest.buffer.values()];
    digest.buffer.clear();
    const { ackTimeoutNs } = digest.config;
    if (ackTimeoutNs > 0n && digest.sent.size + keys.length <= UNACKNOWLEDGED_MAX) {
      for (const key of keys) digest.sent.set(key, listId);
      digest.lists.set(listId, { keys, timer: timer(ackTimeoutNs, () => this.forget(digest, listId)) });
    }
    this.send({ digestId: digest_id, listId, data, timestamp: BigInt(Date.now()) * 1_000_000n });
  }

  private forgetSent(digest: Digest): void {
    for (const list of digest.lists.values()) clearTimeout(list.timer);
    digest.lists.clear();
    digest.sent.clear();
  }

  private forget(digest: Digest, list_id: bigint): void {
    const list = digest.lists.get(list_id);
    if (list === undefined) return;
    clearTimeout(list.timer);
    digest.lists.delete(list_id);
    for (const key of list.keys) if (digest.sent.get(key) === list_id) digest.sent.delete(key);
  }
}

/** Longest delay setTimeout takes. */
const DELAY_MAX_MS = 2 ** 31 - 1;

function timer(delay_ns: bigint, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.min(DELAY_MAX_MS, Math.ceil(Number(delay_ns) / 1e6))).unref();
}
