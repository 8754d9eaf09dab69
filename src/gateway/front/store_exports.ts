/**
 * What each store exports, as its own mountd says (MOUNT EXPORT at the store's own address), asked again and again. What
 * a store said last stands for a while when it does not answer; then it counts as unknown.
 *
 * nfs-ganesha lists only what the asker may mount; so of an export for few clients it tells only if we are among them.
 */
import type { Clock, Timer } from '../../controller/clock';
import type { Ipv4Address } from '../../wire/address';
import { decodeExportResults, MOUNT_PROCEDURE, MOUNT_VERSION, type ExportEntry } from '../../wire/mount';
import {
  decodeGetportResults,
  encodeGetportArgs,
  PORTMAP_PORT,
  PORTMAP_PROCEDURE,
  PORTMAP_VERSION,
} from '../../wire/portmap';
import { IP_PROTOCOL } from '../../wire/ipv4';
import { RPC_PROGRAM } from '../../wire/rpc';
import { callRpc, RpcExchangeError } from './rpc_exchange';
import type { Transport } from './rpc_program';

export interface ExportingStore {
  name: string;
  /** Its own, not the virtual one. */
  address: Ipv4Address;
  /** Default: tcp. */
  transport?: Transport;
  /** Of its mountd; without it, the store's portmap is asked. */
  mount_port?: number;
}

export interface StoreExportsOptions {
  /** From one answer of a store to the next question. */
  refresh_ms: number;
  /** The same while it does not answer. */
  retry_ms: number;
  /** Of one call. */
  timeout_ms: number;
  /** How long an answer stands. */
  keep_ms: number;
  /** Of one answer. */
  reply_octets_max: number;
}

export const DEFAULT_STORE_EXPORTS_OPTIONS: StoreExportsOptions = {
  refresh_ms: 30_000,
  retry_ms: 1_000,
  timeout_ms: 2_000,
  keep_ms: 300_000,
  reply_octets_max: 1_048_576,
};

/** Rejects with an Error that says why there is no answer. */
export type FetchExports = (
  store: ExportingStore,
  options: StoreExportsOptions,
  signal: AbortSignal,
) => Promise<ExportEntry[]>;

export interface StoreExportsStatus {
  name: string;
  /** Undefined: unknown. */
  exports: number | undefined;
  /** Why it did not answer when it was last asked. */
  error: string | undefined;
}

interface Watched {
  store: ExportingStore;
  entries: ExportEntry[] | undefined;
  told_ms: number;
  error: string | undefined;
  timer: Timer | undefined;
  stop: AbortController;
}

export class StoreExports {
  private readonly watched = new Map<string, Watched>();
  private stopped = false;
  #changes = 0;

  constructor(
    private readonly options: StoreExportsOptions,
    private readonly clock: Clock,
    private readonly fetch: FetchExports = fetchExports,
  ) {}

  /** Goes up whenever `lists` may give something else. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Replaces the stores that are asked: those that are live. Resolves when each new one has answered or failed once. A
   * store that stays keeps what it said.
   */
  async setStores(stores: readonly ExportingStore[]): Promise<void> {
    const wanted = new Map(stores.map((store) => [store.name, store]));
    for (const [name, watched] of this.watched) {
      const now = wanted.get(name);
      if (now !== undefined && isSame(now, watched.store)) wanted.delete(name);
      else this.forget(name, watched);
    }
    if (this.stopped) return;
    this.#changes++;
    await Promise.all([...wanted.values()].map((store) => this.watch(store)));
  }

  /** What each store exports, of those that have told. */
  lists(): Map<string, ExportEntry[]> {
    const told = [...this.watched.values()].flatMap((one): [string, ExportEntry[]][] => {
      this.expire(one);
      return one.entries === undefined ? [] : [[one.store.name, one.entries]];
    });
    return new Map(told);
  }

  status(): StoreExportsStatus[] {
    return [...this.watched.values()].map((one) => {
      this.expire(one);
      return { name: one.store.name, exports: one.entries?.length, error: one.error };
    });
  }

  /** Asks nobody any more. */
  stop(): void {
    this.stopped = true;
    for (const [name, watched] of this.watched) this.forget(name, watched);
  }

  private watch(store: ExportingStore): Promise<void> {
    const watched: Watched = {
      store,
      entries: undefined,
      told_ms: 0,
      error: undefined,
      timer: undefined,
      stop: new AbortController(),
    };
    this.watched.set(store.name, watched);
    return this.ask(watched);
  }

  private async ask(watched: Watched): Promise<void> {
    const { store, stop } = watched;
    try {
      const entries = await this.fetch(store, this.options, stop.signal);
      if (stop.signal.aborted) return;
      watched.entries = entries;
      watched.told_ms = this.clock.now_ms();
      watched.error = undefined;
      this.#changes++;
    } catch (error) {
      if (stop.signal.aborted) return;
      watched.error = error instanceof Error ? error.message : String(error);
    }
    const { refresh_ms, retry_ms } = this.options;
    watched.timer = this.clock.after(watched.error === undefined ? refresh_ms : retry_ms, () => {
      void this.ask(watched);
    });
  }

  private expire(watched: Watched): void {
    if (watched.entries === undefined || this.clock.now_ms() - watched.told_ms <= this.options.keep_ms)
      return;
    watched.entries = undefined;
    this.#changes++;
  }

  private forget(name: string, { timer, stop }: Watched): void {
    timer?.cancel();
    stop.abort();
    this.watched.delete(name);
    this.#changes++;
  }
}

function isSame(a: ExportingStore, b: ExportingStore): boolean {
  return a.address === b.address && a.transport === b.transport && a.mount_port === b.mount_port;
}

async function fetchExports(
  store: ExportingStore,
  options: StoreExportsOptions,
  signal: AbortSignal,
): Promise<ExportEntry[]> {
  const { address, transport = 'tcp' } = store;
  const exchange = { ...options, signal };
  const port = store.mount_port ?? (await mountPort({ address, port: PORTMAP_PORT, transport }, exchange));
  const request = {
    program: RPC_PROGRAM.mount,
    version: MOUNT_VERSION,
    procedure: MOUNT_PROCEDURE.EXPORT,
    args: new Uint8Array(0),
  };
  const entries = decodeExportResults(await callRpc({ address, port, transport }, request, exchange));
  if (entries !== undefined) return entries;
  throw new RpcExchangeError(`mountd at ${address}: its list of exports does not decode`);
}

async function mountPort(
  portmap: { address: Ipv4Address; port: number; transport: Transport },
  exchange: StoreExportsOptions & { signal: AbortSignal },
): Promise<number> {
  const mapping = {
    program: RPC_PROGRAM.mount,
    version: MOUNT_VERSION,
    protocol: IP_PROTOCOL[portmap.transport],
  };
  const request = {
    program: RPC_PROGRAM.portmap,
    version: PORTMAP_VERSION,
    procedure: PORTMAP_PROCEDURE.GETPORT,
    args: encodeGetportArgs(mapping),
  };
  const port = decodeGetportResults(await callRpc(portmap, request, exchange));
  if (port !== undefined && port !== 0) return port;
  throw new RpcExchangeError(
    `portmap at ${portmap.address}: it knows no MOUNT version ${MOUNT_VERSION} over ${portmap.transport}`,
  );
}
