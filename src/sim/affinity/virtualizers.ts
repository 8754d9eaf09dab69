/** Some virtualizers with the same stores, each with a controller of its own that checks them and is told by operators. */
import { createHash } from 'node:crypto';
import { slot } from '../../dataplane/slot';
import { storeDown } from '../../dataplane/store_down';
import type { Config } from '../../config/config';
import { NFS_PORT } from '../../wire/nfs3';
import { DrivenVirtualizer } from '../driven_virtualizer';
import { nullAnswer } from '../frames';
import type { Draws } from '../random';
import { CLIENT_PORT, introduceClients, siteConfig, STORE_PORT, storeName, storeNames } from '../site';
import type { Timeline } from '../timeline';

/** Handles of its files begin with this octet. */
export const EXPORTS = [0, 1] as const;
/** Between switch and stores. */
const WAY_US = 20;
/** Between switch and controller. */
const CONTROLLER_US = { min: 100, max: 500 };
/** In which a controller writes all its tables. */
const SET_UP_US = 2_000_000;
/** A request that a virtualizer does not know goes where these say; no others change. */
const PLACING = [slot.name, storeDown.name];

/** Stores of each pool. The second export is served by the second pool. */
export function poolsOf(stores: number): number[][] {
  const from = (first: number) => Array.from({ length: stores - first }, (_, index) => first + index);
  return [from(0), from(stores >> 1)];
}

function configOf(weights: readonly number[]): Config {
  const stores = weights.length;
  const archives = poolsOf(stores)[1] ?? [];
  return siteConfig(
    weights,
    `
    exports: [{ name: home, handle: '00' }, { name: archive, handle: '01' }]
    pools:
      - { name: all, policy: least-of-2, stores: [${storeNames(stores)}] }
      - { name: archives, policy: round-robin, stores: [${storeNames(archives.length, archives[0])}] }
    services:
      - { name: nfs, protocol: udp, port: ${NFS_PORT}, program: nfs, mode: request, pool: all, rules: [{ export: archive, pool: archives }] }
      - { name: nfs-tcp, protocol: tcp, port: ${NFS_PORT}, program: nfs, mode: session, pool: all }`,
  );
}

export interface VirtualizersOptions {
  seed: number;
  virtualizers: number;
  stores: number;
}

export class Virtualizers {
  readonly #all: DrivenVirtualizer[];
  /** By virtualizer: of which version of its entries `number` is. */
  readonly #views: { version: number; number: number }[];
  /** By digest of the entries. */
  readonly #numbers = new Map<string, number>();

  constructor(
    private readonly timeline: Timeline,
    draws: Draws,
    private readonly isAlive: (store: number) => boolean,
    { seed, virtualizers, stores }: VirtualizersOptions,
  ) {
    const config = configOf(new Array<number>(stores).fill(1));
    this.#all = Array.from(
      { length: virtualizers },
      (_, index) =>
        new DrivenVirtualizer({
          config,
          timeline,
          random_seed: seed + index,
          delay_us: () => CONTROLLER_US.min + draws.below(CONTROLLER_US.max - CONTROLLER_US.min),
          onFrame: (port, frame) => this.#onFrame(index, port, frame),
        }),
    );
    this.#views = this.#all.map(() => ({ version: -1, number: -1 }));
  }

  /** All stores serve, and all clients are known. */
  async setUp(): Promise<void> {
    await this.timeline.runFor(SET_UP_US);
    for (const { virtualizer } of this.#all) introduceClients(virtualizer);
    await this.timeline.runFor(SET_UP_US);
  }

  /** The store that a client's frame is sent to; undefined if it is dropped. */
  toStore(index: number, frame: Uint8Array): number | undefined {
    const departure = this.#at(index).program.forward(CLIENT_PORT, frame);
    return departure?.port === STORE_PORT ? departure.station : undefined;
  }

  /** The client that a store's frame is sent to; undefined if it is dropped. */
  toClient(index: number, frame: Uint8Array): number | undefined {
    const departure = this.#at(index).program.forward(STORE_PORT, frame);
    return departure?.port === CLIENT_PORT ? departure.station : undefined;
  }

  /** The entries by which a request is placed that is not known yet; two virtualizers with equal ones have one view. */
  view(index: number): number {
    const { program } = this.#at(index);
    const view = this.#views[index];
    if (view === undefined) throw new Error(`there is no virtualizer ${index}`);
    if (view.version !== program.entries_version) {
      const hash = createHash('sha256');
      for (const table of PLACING) {
        const rows = [...program.rows(table)].map(({ key, value }) => `${table} ${key} ${value}\n`);
        for (const row of rows.sort()) hash.update(row);
      }
      const digest = hash.digest('base64');
      const number = this.#numbers.get(digest) ?? this.#numbers.size;
      this.#numbers.set(digest, number);
      Object.assign(view, { version: program.entries_version, number });
    }
    return view.number;
  }

  setDrained(index: number, store: number, is_drained: boolean): void {
    this.#at(index).virtualizer.setDrain(
      storeName(store),
      is_drained ? { deadline_ms: undefined } : undefined,
    );
  }

  /** By a new configuration, and so a new controller. */
  setWeights(index: number, weights: readonly number[]): void {
    this.#at(index).restart(configOf(weights));
  }

  #at(index: number): DrivenVirtualizer {
    const virtualizer = this.#all[index];
    if (virtualizer === undefined) throw new Error(`there is no virtualizer ${index}`);
    return virtualizer;
  }

  /** From the controller: checks of health, which are not lost, and what it asks clients, who say nothing in this simulation. */
  #onFrame(index: number, port: number, frame: Uint8Array): void {
    if (port === CLIENT_PORT) return;
    const store = ((frame[4] as number) << 8) | (frame[5] as number);
    const answer = port === STORE_PORT ? nullAnswer(frame) : undefined;
    if (answer === undefined)
      throw new Error(`virtualizer ${index} sent what nobody expects by port ${port}`);
    this.timeline.later(2 * WAY_US, () => {
      if (this.isAlive(store)) this.#at(index).program.receive(STORE_PORT, answer);
    });
  }
}
