/**
 * Who asks. UDP sources can be forged, so that an answer larger than its call is a weapon: how much a source is answered
 * depends on its standing. One `Sources` serves all fronts of a virtual address.
 */
import type { Clock } from '../../controller/clock';
import { RateLimit } from '../../controller/rate_limit';
import { prefixContains, prefixNetwork, type Ipv4Address, type Ipv4Prefix } from '../../wire/address';

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
  /** Datagrams and connections of one network in a second, also of a trusted one. */
  events_per_second_max: number;
  /** What is one network there. */
  rate_prefix_length: number;
  /** Networks whose rate is kept at one time; the others share one rate. */
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

interface Rate {
  limit: RateLimit;
  used_ms: number;
}

/** After this time without events a rate is whole again: it may be forgotten without anybody noticing. */
const RATE_WHOLE_MS = 1000;

export class Sources {
  /** Time of the last call over TCP; the longest ago first. */
  readonly #known = new Map<Ipv4Address, number>();
  /** By network address, the longest unused first. */
  readonly #rates = new Map<Ipv4Address, Rate>();
  readonly #shared_rate: RateLimit;

  constructor(
    private readonly options: SourcesOptions,
    private readonly clock: Clock,
  ) {
    this.#shared_rate = new RateLimit(options.events_per_second_max, clock);
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

  /** Whether another datagram or connection of this source is within the rate of its network. */
  withinRate(source: Ipv4Address): boolean {
    const network = prefixNetwork({ address: source, length: this.options.rate_prefix_length });
    const now_ms = this.clock.now_ms();
    const known = this.#rates.get(network);
    if (known !== undefined) this.#rates.delete(network);
    else if (!this.makeRoomForRate(now_ms)) return this.#shared_rate.take();
    const rate = known ?? {
      limit: new RateLimit(this.options.events_per_second_max, this.clock),
      used_ms: now_ms,
    };
    rate.used_ms = now_ms;
    this.#rates.set(network, rate);
    return rate.limit.take();
  }

  /** Whether a call over UDP may have an answer of this size. */
  mayAnswer(standing: Standing, call_octets: number, answer_octets: number): boolean {
    return standing !== 'stranger' || answer_octets <= call_octets * this.options.amplification_max;
  }

  /** False if all rates are in use: forged sources must not push out the rate that holds a real one back. */
  private makeRoomForRate(now_ms: number): boolean {
    if (this.#rates.size < this.options.rates_max) return true;
    const [oldest] = this.#rates;
    if (oldest === undefined || now_ms - oldest[1].used_ms < RATE_WHOLE_MS) return false;
    this.#rates.delete(oldest[0]);
    return true;
  }
}
