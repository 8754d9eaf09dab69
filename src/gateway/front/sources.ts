/**
 * Who asks. UDP sources can be forged, so that an answer larger than its call is a weapon: how much a source is answered
 * depends on its standing. One `Sources` serves all fronts of a virtual address.
 */
import type { Clock } from '../../controller/clock';
import { prefixContains, type Ipv4Address, type Ipv4Prefix } from '../../wire/address';
import { SourceRates } from './source_rates';

/**
 * trusted: in a configured network; may ask everything. known: a TCP exchange with it was completed lately, so that the
 * address is its own; its answers over UDP are not held against its calls. stranger: everybody else.
 */
export type Standing = 'trusted' | 'known' | 'stranger';

export interface SourcesOptions {
  trusted: readonly Ipv4Prefix[];
  /** How long a source stays known after its last call over TCP. */
  known_ms: number;
  /** Known sources at one time; the longest silent one gives way. */
  known_max: number;
  /** Octets of a stranger's answer over UDP per octet of its call, headers below RPC not counted. */
  amplification_max: number;
  /** In a second, datagrams of one network and connections of one address, also of trusted ones. */
  events_per_second_max: number;
  /** What is one network there. */
  rate_prefix_length: number;
  /** Of datagrams and of connections: rates kept at one time; all other sources share one. */
  rates_max: number;
}

export const DEFAULT_SOURCES_OPTIONS: SourcesOptions = {
  trusted: [],
  known_ms: 600_000,
  known_max: 4096,
  amplification_max: 2,
  events_per_second_max: 200,
  rate_prefix_length: 24,
  rates_max: 4096,
};

const ADDRESS_BITS = 32;

export class Sources {
  /** Time of the last call over TCP; the longest ago first. */
  readonly #known = new Map<Ipv4Address, number>();
  /** Forged datagrams must not keep out connections, which nobody can forge. */
  readonly #rates: Readonly<Record<'udp' | 'tcp', SourceRates>>;

  constructor(
    private readonly options: SourcesOptions,
    private readonly clock: Clock,
  ) {
    this.#rates = {
      udp: new SourceRates(options.rate_prefix_length, options, clock),
      tcp: new SourceRates(ADDRESS_BITS, options, clock),
    };
  }

  standing(source: Ipv4Address): Standing {
    if (this.options.trusted.some((prefix) => prefixContains(prefix, source))) return 'trusted';
    const seen_ms = this.#known.get(source);
    if (seen_ms === undefined) return 'stranger';
    if (this.clock.now_ms() - seen_ms <= this.options.known_ms) return 'known';
    this.#known.delete(source);
    return 'stranger';
  }

  /** A call came from it over TCP, which takes a handshake that nobody can forge. */
  callOverTcp(source: Ipv4Address): void {
    this.#known.delete(source);
    if (this.#known.size >= this.options.known_max) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(source, this.clock.now_ms());
  }

  /** Whether another datagram of this source's network, or connection of this source, is within its rate. */
  withinRate(source: Ipv4Address, transport: 'udp' | 'tcp'): boolean {
    return this.#rates[transport].take(source);
  }

  /** Whether a call over UDP may have an answer of this size. */
  mayAnswer(standing: Standing, call_octets: number, answer_octets: number): boolean {
    return standing !== 'stranger' || answer_octets <= call_octets * this.options.amplification_max;
  }
}
