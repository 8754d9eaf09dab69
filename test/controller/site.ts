/** The ends of a switch's ports: three stores that answer, and clients that take what comes. */
import type { RunningTarget } from '../targets/target';
import { encodeUdpFrame } from '../../src/wire/frame';
import { AUTH_NONE, encodeRpc } from '../../src/wire/rpc';
import {
  arpReplyFrame,
  PORT_MAC,
  requireFrame,
  STORE_PORT,
  STORES,
  storeAnswer,
  VIP,
  type StoreName,
} from './example';

const POLL_MS = 50;

export interface SiteClient {
  address: string;
  mac: string;
  port: number;
}

export const CLIENT1: SiteClient = { address: '10.0.1.11', mac: '02:00:00:00:01:11', port: 1 };
export const CLIENT2: SiteClient = { address: '10.0.3.12', mac: '02:00:00:00:01:12', port: 2 };

export class Site {
  readonly alive = new Set<StoreName>(STORES);
  /** Calls of clients, not health checks, by store. */
  readonly calls = new Map<StoreName, number>();
  readonly arp_requests: string[] = [];
  /** Fragments of requests, by store. */
  readonly fragments = new Map<StoreName, Uint8Array[]>();
  #received = new Map<number, Uint8Array[]>();
  #is_open = true;
  readonly #loops: Promise<void>[];

  constructor(private readonly target: RunningTarget) {
    this.#loops = [
      ...STORES.map((store) => this.#serve(STORE_PORT[store], (frame) => this.#store(store, frame))),
      ...[CLIENT1, CLIENT2].map((client) => this.#serve(client.port, (frame) => this.#client(client, frame))),
    ];
  }

  async close(): Promise<void> {
    this.#is_open = false;
    await Promise.all(this.#loops);
  }

  /** NFSv3 NULL. */
  call(client: SiteClient, xid: number): void {
    this.target.send(
      client.port,
      encodeUdpFrame(
        {
          sourceMac: client.mac,
          destinationMac: PORT_MAC(client.port),
          source: client.address,
          destination: VIP,
        },
        {
          sourcePort: 900,
          destinationPort: 2049,
          payload: encodeRpc({
            kind: 'call',
            xid,
            program: 100003,
            version: 3,
            procedure: 0,
            credential: AUTH_NONE,
            verifier: AUTH_NONE,
            args: new Uint8Array(0),
          }),
        },
      ),
    );
  }

  /** Fragments as a client sends them. */
  send(client: SiteClient, frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.target.send(client.port, frame);
  }

  /** A response out of the blue. */
  respond(store: StoreName, client: SiteClient): void {
    this.target.send(
      STORE_PORT[store],
      encodeUdpFrame(
        {
          sourceMac: '02:00:00:00:02:99',
          destinationMac: PORT_MAC(STORE_PORT[store]),
          source: VIP,
          destination: client.address,
        },
        { sourcePort: 2049, destinationPort: 900, payload: Buffer.from('0123456789abcdef') },
      ),
    );
  }

  /** Frames for a client so far, without ARP. */
  received(client: SiteClient): readonly Uint8Array[] {
    return this.#received.get(client.port) ?? [];
  }

  async #serve(port: number, handle: (frame: Uint8Array) => Uint8Array | undefined): Promise<void> {
    while (this.#is_open) {
      const frame = await this.target.receive(port, POLL_MS);
      const answer = frame === undefined ? undefined : handle(frame);
      if (answer !== undefined && this.#is_open) this.target.send(port, answer);
    }
  }

  #store(store: StoreName, bytes: Uint8Array): Uint8Array | undefined {
    if (!this.alive.has(store)) return undefined;
    const { ipv4, udp } = requireFrame(bytes);
    if (ipv4?.moreFragments === true || (ipv4?.fragmentOffset_bytes ?? 0) > 0) {
      this.fragments.set(store, [...(this.fragments.get(store) ?? []), bytes]);
    }
    if (udp?.sourcePort === 900) this.calls.set(store, (this.calls.get(store) ?? 0) + 1);
    return storeAnswer(store, bytes);
  }

  #client(client: SiteClient, bytes: Uint8Array): Uint8Array | undefined {
    const { arp } = requireFrame(bytes);
    if (arp === undefined) {
      this.#received.set(client.port, [...(this.#received.get(client.port) ?? []), bytes]);
      return undefined;
    }
    this.arp_requests.push(arp.targetIp);
    if (arp.operation !== 'request' || arp.targetIp !== client.address) return undefined;
    return arpReplyFrame({
      senderMac: client.mac,
      senderIp: client.address,
      targetMac: arp.senderMac,
      targetIp: arp.senderIp,
    });
  }
}

/** Waits for `condition`, as long as a busy machine may take. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
