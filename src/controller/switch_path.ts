/**
 * Whether frames come back from the switch. A store that does not answer and a switch that stands still look alike
 * from here; so a canary goes to the switch every now and then, which the pipeline hands back at once. Silence of
 * stores counts only if something was heard from the switch meanwhile.
 *
 * It also serves as the keepalive of the connection: BMv2's gRPC server (C++) refuses HTTP/2 pings, where it has
 * nothing to send itself, more often than every five minutes.
 */
import type { Logger } from 'pino';
import type { Clock, Timer } from './clock';
import { Tally } from './tally';

export interface SwitchPathEnvironment {
  clock: Clock;
  logger: Logger;
  interval_ms: number;
  /** False if the frame could not be sent. */
  sendCanary(): boolean;
  /** Nothing has come back for so long that the connection may be dead. */
  onStalled(silent_ms: number): void;
}

const DOUBT_MS = 500;
const STALLED_MS = 5_000;

export class SwitchPath {
  readonly counts = new Tally(['canaries_sent', 'canaries_returned']);
  #heard_ms = -Infinity;
  /** Canaries since then: unlike time, they do not add up while this process itself is stopped. */
  #unanswered = 0;
  #timer: Timer | undefined;
  #is_in_doubt = false;

  constructor(private readonly environment: SwitchPathEnvironment) {}

  /** A frame has come from the switch. */
  heard(): void {
    const silent_ms = this.#silent_ms;
    this.#heard_ms = this.environment.clock.now_ms();
    this.#unanswered = 0;
    if (!this.#is_in_doubt) return;
    this.#is_in_doubt = false;
    this.environment.logger.info({ silent_ms }, 'frames come back from the switch again');
  }

  canaryReturned(): void {
    this.counts.add('canaries_returned');
    this.heard();
  }

  hasBeenHeardSince(time_ms: number): boolean {
    return this.#heard_ms > time_ms;
  }

  /** Nothing has come back for a while: nobody's silence counts. */
  get is_in_doubt(): boolean {
    return this.#is_in_doubt;
  }

  hold(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#is_in_doubt = false;
  }

  resume(): void {
    if (this.#timer !== undefined) return;
    this.#heard_ms = this.environment.clock.now_ms();
    this.#unanswered = 0;
    this.#tick();
  }

  #tick(): void {
    const { clock, logger, interval_ms } = this.environment;
    this.#timer = clock.after(interval_ms, () => this.#tick());
    const silent_ms = this.#silent_ms;
    this.#unanswered += 1;
    if (this.environment.sendCanary()) this.counts.add('canaries_sent');
    if (silent_ms > DOUBT_MS && !this.#is_in_doubt) {
      this.#is_in_doubt = true;
      logger.warn({ silent_ms }, 'no frame comes back from the switch: no store is judged');
    }
    if (silent_ms > STALLED_MS) this.environment.onStalled(silent_ms);
  }

  get #silent_ms(): number {
    return this.#unanswered * this.environment.interval_ms;
  }
}
