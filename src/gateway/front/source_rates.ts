/** How often sources may come: a rate for each network, as many as are kept at one time. */
import type { Clock } from '../../controller/clock';
import { RateLimit } from '../../controller/rate_limit';
import { prefixNetwork, type Ipv4Address } from '../../wire/address';

interface Rate {
  limit: RateLimit;
  used_ms: number;
}

/** After this time without events a rate is whole again: it may be forgotten without anybody noticing. */
const RATE_WHOLE_MS = 1000;

export class SourceRates {
  /** By network address, the longest unused first. */
  readonly #rates = new Map<Ipv4Address, Rate>();
  /** Of all networks that there is no room for. */
  readonly #shared_rate: RateLimit;

  constructor(
    /** What is one network. */
    private readonly prefix_length: number,
    private readonly limits: { readonly events_per_second_max: number; readonly rates_max: number },
    private readonly clock: Clock,
  ) {
    this.#shared_rate = new RateLimit(limits.events_per_second_max, clock);
  }

  /** Whether another event of this source is within the rate of its network. */
  take(source: Ipv4Address): boolean {
    const network = prefixNetwork({ address: source, length: this.prefix_length });
    const now_ms = this.clock.now_ms();
    const known = this.#rates.get(network);
    if (known !== undefined) this.#rates.delete(network);
    else if (!this.makeRoom(now_ms)) return this.#shared_rate.take();
    const rate = known ?? {
      limit: new RateLimit(this.limits.events_per_second_max, this.clock),
      used_ms: now_ms,
    };
    rate.used_ms = now_ms;
    this.#rates.set(network, rate);
    return rate.limit.take();
  }

  /** False if all rates are in use: forged sources must not push out the rate that holds a real one back. */
  private makeRoom(now_ms: number): boolean {
    if (this.#rates.size < this.limits.rates_max) return true;
    const [oldest] = this.#rates;
    if (oldest === undefined || now_ms - oldest[1].used_ms < RATE_WHOLE_MS) return false;
    this.#rates.delete(oldest[0]);
    return true;
  }
}
