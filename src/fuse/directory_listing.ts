/**
 * An open directory: the kernel asks for a page or so of entries, the server gives a datagram of them, so what an
 * answer had beyond the page is kept for the next request. Positions are the server's cookies, good as long as its
 * verifier is (RFC 1813 sections 3.3.16 and 3.3.17).
 */
import { NfsStatusError } from '../nfs_client/errors';
import type { CallContext, NfsClient } from '../nfs_client/nfs_client';
import { COOKIE_VERIFIER_LENGTH } from '../wire/nfs3/calls';
import type { ListedEntry } from '../wire/nfs3/results';
import { NFS3_STATUS } from '../wire/nfs3/status';

const NO_VERIFIER = new Uint8Array(COOKIE_VERIFIER_LENGTH);

interface Batch {
  /** The cookie it was asked with. */
  from: bigint;
  entries: ListedEntry[];
  eof: boolean;
}

export class DirectoryListing {
  private verifier: Uint8Array = NO_VERIFIER;
  private batch: Batch | undefined;
  private plus = true;

  constructor(
    private readonly client: NfsClient,
    private readonly directory: Uint8Array,
    /** Of one answer. */
    private readonly bytes: number,
  ) {}

  /** Entries behind a cookie (0: from the start): at least one, unless there are none. */
  async after(cookie: bigint, context: CallContext): Promise<ListedEntry[]> {
    // From the start: whoever rewinds wants to see what is there now.
    const kept = cookie === 0n ? undefined : this.kept(cookie);
    if (kept !== undefined) return kept;
    if (cookie === 0n) this.verifier = NO_VERIFIER;
    this.batch = await this.fetch(cookie, context);
    return this.batch.entries;
  }

  /** What the last answer had behind a cookie; undefined: the server must be asked. */
  private kept(cookie: bigint): ListedEntry[] | undefined {
    if (this.batch === undefined) return undefined;
    const { entries, eof, from } = this.batch;
    const index = entries.findIndex((entry) => entry.cookie === cookie);
    if (index < 0 && from !== cookie) return undefined;
    const rest = entries.slice(index + 1);
    return rest.length > 0 || eof ? rest : undefined;
  }

  private async fetch(cookie: bigint, context: CallContext): Promise<Batch> {
    const where = { directory: this.directory, cookie, cookieVerifier: this.verifier };
    if (this.plus) {
      try {
        const sizes = { directoryCount: this.bytes, count_max: this.bytes };
        const answer = await this.client.ask('READDIRPLUS', { ...where, ...sizes }, context);
        return this.take(cookie, answer);
      } catch (error) {
        const unsupported = error instanceof NfsStatusError && error.status === NFS3_STATUS.NOTSUPP;
        if (!unsupported) throw error;
        this.plus = false;
      }
    }
    const answer = await this.client.ask('READDIR', { ...where, count: this.bytes }, context);
    const entries = answer.entries.map((entry) => ({ ...entry, attributes: undefined, object: undefined }));
    return this.take(cookie, { ...answer, entries });
  }

  private take(
    from: bigint,
    answer: { cookieVerifier: Uint8Array; entries: ListedEntry[]; eof: boolean },
  ): Batch {
    this.verifier = Uint8Array.from(answer.cookieVerifier);
    // An answer without entries would otherwise be asked for again and again.
    return { from, entries: answer.entries, eof: answer.eof || answer.entries.length === 0 };
  }
}
