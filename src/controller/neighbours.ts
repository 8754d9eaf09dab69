/**
 * MAC addresses of stores and of the next hops to clients, asked for by ARP (RFC 826) through packet-outs. Stores
 * are watched: asked for until they answer, and again from time to time. Next hops are looked up once, for as long
 * as frames wait for them.
 */
import type { PortConfig } from '../config/config';
import { isMulticastMac, MAC_ZERO, type Ipv4Address, type MacAddress } from '../wire/address';
import { encodeArpRequestFrame, type ArpPacket } from '../wire/arp';
import type { Clock, Timer } from './clock';
import type { Network } from './network';
import { Tally } from './tally';

export interface Neighbour {
  mac: MacAddress;
  port: PortConfig;
}

export interface NeighbourOptions {
  retry_ms: number;
  attempts: number;
  refresh_ms: number;
}

export interface NeighbourEnvironment {
  network: Network;
  clock: Clock;
  options: NeighbourOptions;
  /** False if the frame could not be sent: then nothing was asked. */
  send(port: PortConfig, frame: Uint8Array): boolean;
  /** A watched address was found, has moved, or has become silent or talkative. */
  onChange(address: Ipv4Address): void;
}

interface Entry {
  address: Ipv4Address;
  ports: readonly PortConfig[];
  found: Neighbour | undefined;
  /** Requests since the last answer. */
  unanswered: number;
  timer: Timer | undefined;
  /** Of a lookup: who waits for it. Undefined for a watched address. */
  waiting: ((neighbour: Neighbour | undefined) => void)[] | undefined;
  is_fixed: boolean;
}

/** Watched addresses that stay silent are asked ever more rarely, down to this many retry times. */
const RETRY_FACTOR_MAX = 16;

export class Neighbours {
  readonly counts = new Tally(['arp_requests', 'arp_replies', 'arp_replies_ignored', 'arp_lookups_failed']);
  readonly #entries = new Map<Ipv4Address, Entry>();
  #held = true;

  constructor(private readonly environment: NeighbourEnvironment) {}

  /** Keeps asking for `address`. */
  watch(address: Ipv4Address, ports: readonly PortConfig[]): void {
    const entry: Entry = {
      address,
      ports,
      found: undefined,
      unanswered: 0,
      timer: undefined,
      waiting: undefined,
      is_fixed: false,
    };
    this.#entries.set(address, entry);
    if (!this.#held) this.#ask(entry);
  }

  /** The place of `address` is configured: nobody is asked or believed. */
  fix(address: Ipv4Address, place: Neighbour): void {
    this.#entries.set(address, {
      address,
      ports: [place.port],
      found: place,
      unanswered: 0,
      timer: undefined,
      waiting: undefined,
      is_fixed: true,
    });
  }

  /** The place of a watched address as others have seen it: true until an answer says otherwise. */
  suggest(address: Ipv4Address, place: Neighbour): void {
    const entry = this.#entries.get(address);
    if (entry === undefined || entry.is_fixed || !entry.ports.includes(place.port)) return;
    entry.found = place;
    this.environment.onChange(address);
  }

  find(address: Ipv4Address): Neighbour | undefined {
    return this.#entries.get(address)?.found;
  }

  /** Whether a watched address has left as many requests unanswered as a lookup makes. */
  isSilent(address: Ipv4Address): boolean {
    return (this.#entries.get(address)?.unanswered ?? 0) >= this.environment.options.attempts;
  }

  /** Calls back once: with the neighbour, or with undefined after `attempts` requests without an answer. */
  lookUp(
    address: Ipv4Address,
    ports: readonly PortConfig[],
    callback: (neighbour: Neighbour | undefined) => void,
  ): void {
    const entry = this.#entries.get(address);
    if (entry?.found !== undefined) return callback(entry.found);
    if (entry?.waiting !== undefined) {
      entry.waiting.push(callback);
      return;
    }
    // Watched, and not found yet: whoever waits would wait for as long as it stays silent.
    if (entry !== undefined) return callback(undefined);
    const lookup: Entry = {
      address,
      ports,
      found: undefined,
      unanswered: 0,
      timer: undefined,
      waiting: [callback],
      is_fixed: false,
    };
    this.#entries.set(address, lookup);
    if (!this.#held) this.#ask(lookup);
  }

  /** An ARP reply came in by `port_number`, asked for or not. */
  receive(port_number: number, { senderIp, senderMac }: ArpPacket): void {
    const entry = this.#entries.get(senderIp);
    const port = entry?.ports.find(({ number }) => number === port_number);
    const ours = this.environment.network.own_macs;
    if (entry === undefined || port === undefined || isMulticastMac(senderMac) || senderMac === MAC_ZERO) {
      return this.counts.add('arp_replies_ignored');
    }
    if (entry.is_fixed || ours.has(senderMac)) return this.counts.add('arp_replies_ignored');
    this.counts.add('arp_replies');
    const { found } = entry;
    const was_silent = this.isSilent(senderIp);
    entry.found = { mac: senderMac, port };
    entry.unanswered = 0;
    if (entry.waiting !== undefined) return this.#finish(entry);
    this.#schedule(entry, this.environment.options.refresh_ms);
    if (was_silent || found?.mac !== senderMac || found.port !== port) this.environment.onChange(senderIp);
  }

  /** Nothing can be sent: nobody is asked, and nobody's silence counts. */
  hold(): void {
    this.#held = true;
    for (const entry of this.#entries.values()) entry.timer?.cancel();
  }

  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    for (const entry of [...this.#entries.values()]) this.#ask(entry);
  }

  #ask(entry: Entry): void {
    if (this.#held || entry.is_fixed) return;
    const { network, options } = this.environment;
    if (entry.waiting !== undefined && entry.unanswered >= options.attempts) {
      this.counts.add('arp_lookups_failed');
      return this.#finish(entry);
    }
    const was_silent = this.isSilent(entry.address);
    const sent = entry.ports.filter((port) =>
      this.environment.send(
        port,
        encodeArpRequestFrame(port.mac, network.arpSender(port, entry.address), entry.address),
      ),
    );
    this.counts.add('arp_requests', sent.length);
    // The answer to this request is not due yet: silence is told one retry later.
    const factor = entry.waiting === undefined ? Math.min(2 ** entry.unanswered, RETRY_FACTOR_MAX) : 1;
    if (sent.length > 0) entry.unanswered += 1;
    this.#schedule(entry, options.retry_ms * factor);
    if (entry.waiting === undefined && !was_silent && this.isSilent(entry.address)) {
      this.environment.onChange(entry.address);
    }
  }

  #schedule(entry: Entry, delay_ms: number): void {
    entry.timer?.cancel();
    if (this.#held) return;
    entry.timer = this.environment.clock.after(delay_ms, () => this.#ask(entry));
  }

  #finish(entry: Entry): void {
    entry.timer?.cancel();
    this.#entries.delete(entry.address);
    for (const callback of entry.waiting ?? []) callback(entry.found);
  }
}
