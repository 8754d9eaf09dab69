/**
 * Health of stores, by NULL calls (RFC 5531, section 12.1) over UDP, or by TCP connections begun, to the VIP, sent to each store's
 * own MAC address: so a good answer proves the link, the VIP on the store's loopback, and the program. While nothing can be
 * sent, because the switch is away, or nothing comes back from it at all, no store is judged.
 *
 * A busy machine may answer clients and leave checks unanswered, since those take the way through this process. So
 * before silence takes a store out, the switch is asked whether it has seen responses of the store to clients since
 * the check before failed. That costs nothing where the store is dead: it says no within a millisecond or so.
 */
import type { PortConfig } from '../config/config';
import type { Ipv4Address, MacAddress } from '../wire/address';
import type { Frame } from '../wire/frame';
import type { CheckTarget, PlannedCheck } from './check_plan';
import type { Clock, Timer } from './clock';
import { closingFrame, probeFrame, readAnswer } from './probes';
import { Tally } from './tally';

export type Verdict = 'good' | 'bad' | 'unknown';

/** How a store is reached; undefined while it is not. */
export interface ProbePath {
  port: PortConfig;
  mac: MacAddress;
  source: Ipv4Address;
}

export interface HealthEnvironment {
  clock: Clock;
  path(store: string): ProbePath | undefined;
  /** False if the frame could not be sent: then nothing was asked. */
  send(port: PortConfig, frame: Uint8Array): boolean;
  /** Whether anything has come from the switch since: otherwise silence says nothing of a store. */
  hasBeenHeardSince(time_ms: number): boolean;
  /**
   * How many responses of the store to clients the switch has counted so far; calls back, perhaps at once, with
   * undefined if it does not tell.
   */
  responses(store: string, callback: (count: number | undefined) => void): void;
  /** Its checks are not answered, but this many requests of clients have been since the last but one. */
  onPardon(store: string, responses: number): void;
  /** A check of this store has another verdict. */
  onChange(store: string): void;
  /** So many answers in a row were waited for too long, because this process was late itself. */
  onLate(in_a_row: number): void;
  /** The first probe's number: random, lest answers to an earlier run be taken for ours. */
  first_xid: number;
}

interface Probe {
  check: OwnCheck;
  port_number: number;
  sent_ms: number;
  timer: Timer;
  /** How often its time ran out while this process was late itself, so that it was given as much again. */
  extensions: number;
}

/** One store asked for one thing. */
export interface Check {
  readonly store: string;
  readonly target: CheckTarget;
  verdict: Verdict;
  failures_in_a_row: number;
  successes_in_a_row: number;
  rtt_ms: number | undefined;
  last_failure: string | undefined;
}

interface OwnCheck extends Check {
  /** When the last good one was answered, and when the first of those that have failed since was sent. */
  good_ms: number;
  failing_since_ms: number;
  /** Of the store to clients, when the check last failed. */
  responses: number | undefined;
  is_asking: boolean;
  /** In a row, without a good answer. */
  pardons: number;
}

/** A timer that comes so much later than it should tells of a busy process, which reads answers late too. */
const LATE_MS = 50;
/** A machine that is always too busy must not keep a dead store in service. */
const EXTENSIONS_MAX = 5;
/** Responses may be another program's of that store, which nobody checks. */
const PARDONS_MAX = 10;
/** Lateness is told of every so many times. */
const LATE_TOLD = 100;

export class Health {
  readonly counts = new Tally([
    'probes_sent',
    'probes_good',
    'probes_failed',
    /** Given more time, since this process was late itself. */
    'probes_extended',
    /** Nothing at all came back from the switch meanwhile. */
    'probes_in_doubt',
    /** Too many unanswered in a row, but clients were answered meanwhile. */
    'probes_pardoned',
    'probe_replies_ignored',
  ]);
  readonly #checks: OwnCheck[];
  readonly #by_store = new Map<string, OwnCheck[]>();
  readonly #probes = new Map<number, Probe>();
  readonly #timers = new Map<OwnCheck, Timer>();
  #next_xid: number;
  #extended_in_a_row = 0;
  #held = true;

  constructor(
    plan: readonly PlannedCheck[],
    private readonly environment: HealthEnvironment,
  ) {
    this.#next_xid = environment.first_xid >>> 0;
    this.#checks = plan.map(({ store, target }) => ({
      store,
      target,
      verdict: 'unknown',
      failures_in_a_row: 0,
      successes_in_a_row: 0,
      rtt_ms: undefined,
      last_failure: undefined,
      good_ms: -Infinity,
      failing_since_ms: -Infinity,
      responses: undefined,
      is_asking: false,
      pardons: 0,
    }));
    for (const check of this.#checks) {
      this.#by_store.set(check.store, [...(this.#by_store.get(check.store) ?? []), check]);
    }
  }

  get is_held(): boolean {
    return this.#held;
  }

  checks(store: string): readonly Readonly<Check>[] {
    return this.#by_store.get(store) ?? [];
  }

  /** Good if every check is; bad if any is. A store without checks is good. */
  verdict(store: string): Verdict {
    const checks = this.checks(store);
    if (checks.some(({ verdict }) => verdict === 'bad')) return 'bad';
    return checks.every(({ verdict }) => verdict === 'good') ? 'good' : 'unknown';
  }

  /** What was judged before another controller took over no longer counts. */
  forget(): void {
    for (const check of this.#checks) {
      check.verdict = 'unknown';
      check.failures_in_a_row = 0;
      check.successes_in_a_row = 0;
    }
  }

  /** Takes a store that nothing is known of for good, because the switch has been using it. */
  presumeGood(store: string): void {
    for (const check of this.#by_store.get(store) ?? []) {
      if (check.verdict === 'unknown') check.verdict = 'good';
    }
  }

  /** Sends nothing and judges nothing until `resume`. Verdicts stay; failures so far may have been the switch's. */
  hold(): void {
    this.#held = true;
    for (const check of this.#checks) this.#clear(check);
    for (const timer of this.#timers.values()) timer.cancel();
    for (const { timer } of this.#probes.values()) timer.cancel();
    this.#timers.clear();
    this.#probes.clear();
  }

  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    // Evenly over the interval, so that checks do not come in bursts.
    this.#checks.forEach((check, index) => {
      this.#schedule(check, (check.target.timing.interval_ms * index) / this.#checks.length);
    });
  }

  /** An answer that the switch handed over. */
  receive(port_number: number, frame: Frame): void {
    this.#close(port_number, frame);
    const answer = readAnswer(frame);
    const probe = answer === undefined ? undefined : this.#probes.get(answer.number);
    const target = probe?.check.target;
    const is_answer =
      probe?.port_number === port_number &&
      frame.ipv4?.source === target?.address &&
      answer?.check === target?.check &&
      answer?.port === target?.port;
    if (!is_answer || probe === undefined || answer === undefined)
      return this.counts.add('probe_replies_ignored');
    probe.timer.cancel();
    if (probe.extensions === 0) this.#extended_in_a_row = 0;
    this.#probes.delete(answer.number);
    if (answer.failure === undefined) {
      this.#good(probe.check, this.environment.clock.now_ms() - probe.sent_ms);
    } else {
      this.#failed(probe, answer.failure);
      this.#judgeFailures(probe.check);
    }
  }

  /** Late answers, too. */
  #close(port_number: number, frame: Frame): void {
    const closing = closingFrame(frame);
    if (closing === undefined) return;
    const paths = [...this.#by_store.keys()].map((store) => this.environment.path(store));
    const path = paths.find((one) => one?.port.number === port_number && one.mac === frame.ethernet.source);
    if (path !== undefined) this.environment.send(path.port, closing);
  }

  #schedule(check: OwnCheck, delay_ms: number): void {
    const timer = this.environment.clock.after(delay_ms, () => {
      this.#schedule(check, check.target.timing.interval_ms);
      this.#probe(check);
    });
    this.#timers.set(check, timer);
  }

  #probe(check: OwnCheck): void {
    const path = this.environment.path(check.store);
    if (path === undefined) return;
    const xid = this.#next_xid;
    this.#next_xid = (this.#next_xid + 1) >>> 0;
    const addresses = {
      sourceMac: path.port.mac,
      destinationMac: path.mac,
      source: path.source,
      destination: check.target.address,
    };
    if (!this.environment.send(path.port, probeFrame(check.target, addresses, xid))) return;
    this.counts.add('probes_sent');
    const { clock } = this.environment;
    this.#probes.set(xid, {
      check,
      port_number: path.port.number,
      sent_ms: clock.now_ms(),
      timer: this.#timeOut(xid, check.target.timing.timeout_ms),
      extensions: 0,
    });
  }

  #timeOut(xid: number, timeout_ms: number): Timer {
    const { clock } = this.environment;
    const begun_ms = clock.now_ms();
    const late_ms = Math.min(LATE_MS, timeout_ms / 2);
    return clock.after(timeout_ms, () =>
      this.#timedOut(xid, clock.now_ms() - begun_ms > timeout_ms + late_ms),
    );
  }

  #timedOut(xid: number, is_late: boolean): void {
    const probe = this.#probes.get(xid);
    if (probe === undefined) return;
    const { check, sent_ms, extensions } = probe;
    const { timeout_ms } = check.target.timing;
    // If we are late, the answer may be on its way through this process.
    if (is_late && extensions < EXTENSIONS_MAX) {
      this.counts.add('probes_extended');
      this.#extended_in_a_row += 1;
      if (this.#extended_in_a_row % LATE_TOLD === 0) this.environment.onLate(this.#extended_in_a_row);
      probe.extensions += 1;
      probe.timer = this.#timeOut(xid, timeout_ms);
      return;
    }
    if (extensions === 0) this.#extended_in_a_row = 0;
    this.#probes.delete(xid);
    if (!this.environment.hasBeenHeardSince(sent_ms)) return this.counts.add('probes_in_doubt');
    this.#failed(probe, `no answer within ${timeout_ms} ms`);
    // The last but one shows what has been answered until then.
    if (check.verdict === 'good' && check.failures_in_a_row >= check.target.timing.failures - 1)
      this.#ask(check);
    else this.#judgeFailures(check);
  }

  #good(check: OwnCheck, rtt_ms: number): void {
    this.counts.add('probes_good');
    check.rtt_ms = rtt_ms;
    check.good_ms = this.environment.clock.now_ms();
    this.#clear(check);
    check.successes_in_a_row += 1;
    if (check.successes_in_a_row >= check.target.timing.successes) this.#judge(check, 'good');
  }

  /** What has failed so far no longer counts. */
  #clear(check: OwnCheck): void {
    check.failures_in_a_row = 0;
    check.responses = undefined;
    check.pardons = 0;
  }

  #failed({ check, sent_ms }: Probe, why: string): void {
    this.counts.add('probes_failed');
    if (check.failures_in_a_row === 0) check.failing_since_ms = sent_ms;
    check.last_failure = why;
    check.successes_in_a_row = 0;
    check.failures_in_a_row += 1;
  }

  #judgeFailures(check: OwnCheck): void {
    if (check.failures_in_a_row >= check.target.timing.failures) this.#judge(check, 'bad');
  }

  /** Judges once it is known whether the store has answered clients. */
  #ask(check: OwnCheck): void {
    if (check.is_asking) return;
    check.is_asking = true;
    this.environment.responses(check.store, (count) => {
      check.is_asking = false;
      const before = check.responses;
      const { failures_in_a_row, target } = check;
      // Answered, held, or judged meanwhile.
      if (failures_in_a_row < target.timing.failures - 1 || check.verdict !== 'good') return;
      check.responses = count;
      // If the answer took longer than a check, there is nothing to compare it with before the next one has failed.
      if (failures_in_a_row < target.timing.failures) return;
      if (before === undefined && count !== undefined && target.timing.failures > 1) return;
      const answered = (count ?? 0) - (before ?? count ?? 0);
      if (answered <= 0 || !this.#isPardonable(check)) return this.#judge(check, 'bad');
      check.pardons += 1;
      this.counts.add('probes_pardoned');
      if (check.pardons === 1) this.environment.onPardon(check.store, answered);
    });
  }

  /** Not if the store has answered another check meanwhile: then it is this program that is dead. */
  #isPardonable({ store, failing_since_ms, pardons }: OwnCheck): boolean {
    const others = this.#by_store.get(store) ?? [];
    return pardons < PARDONS_MAX && others.every(({ good_ms }) => good_ms <= failing_since_ms);
  }

  #judge(check: OwnCheck, verdict: Verdict): void {
    if (check.verdict === verdict) return;
    check.verdict = verdict;
    this.environment.onChange(check.store);
  }
}
