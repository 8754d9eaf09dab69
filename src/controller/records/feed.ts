/** The latest records, for whoever asks for those after the last it has seen; who is slow misses some, and is told. */
import type { Clock, Timer } from '../clock';
import type { PerformanceRecord } from './record';

/** Those that fit; what is absent fits all. */
export interface RecordFilter {
  /** By name, with or without `virtual store/`. */
  service?: string | undefined;
  store?: string | undefined;
  procedure?: string | undefined;
}

export interface RecordRequest extends RecordFilter {
  /** `next` of the answer before; without it, records from now on. */
  after?: number | undefined;
  /** How long to wait for a record if there is none, at most `WAIT_MAX_MS`. */
  wait_ms?: number | undefined;
}

export interface RecordAnswer {
  records: PerformanceRecord[];
  /** Where the next request goes on. */
  next: number;
  /** Records in between that are no longer here, whether or not they would have fitted. */
  missed: number;
}

/** The same, as a controller answers. */
export interface SampledRecords extends RecordAnswer {
  /** Whether any service records requests. */
  is_sampling: boolean;
}

const KEPT = 8192;
const ANSWER_MAX = 1024;
export const WAIT_MAX_MS = 5000;

export class RecordFeed {
  /** Number n is at `n % KEPT`. */
  readonly #records: PerformanceRecord[] = [];
  /** Of the record to come, from 1. */
  #next = 1;
  readonly #waiting = new Set<() => void>();
  #has_ended = false;

  constructor(private readonly clock: Clock) {}

  push(record: PerformanceRecord): void {
    this.#records[this.#next % KEPT] = record;
    this.#next += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Answers at once if records fit, else when one does or `wait_ms` have passed. */
  async take(request: RecordRequest): Promise<RecordAnswer> {
    const wait_ms = Math.min(request.wait_ms ?? 0, WAIT_MAX_MS);
    const deadline_ms = this.clock.now_ms() + wait_ms;
    let answer = this.#after(request.after ?? this.#next, request);
    while (answer.records.length === 0 && this.clock.now_ms() < deadline_ms && !this.#has_ended) {
      await this.#pushed(deadline_ms - this.clock.now_ms());
      const { missed } = answer;
      answer = this.#after(answer.next, request);
      answer.missed += missed;
    }
    return answer;
  }

  /** Nobody waits any longer. */
  end(): void {
    this.#has_ended = true;
    for (const wake of [...this.#waiting]) wake();
  }

  #after(next: number, filter: RecordFilter): RecordAnswer {
    // Of a controller before this one.
    const wanted = next > this.#next ? this.#next : next;
    const first = Math.max(1, this.#next - KEPT);
    const answer: RecordAnswer = {
      records: [],
      next: Math.max(first, wanted),
      missed: Math.max(0, first - wanted),
    };
    for (; answer.next < this.#next && answer.records.length < ANSWER_MAX; answer.next += 1) {
      const record = this.#records[answer.next % KEPT];
      if (record !== undefined && fits(record, filter)) answer.records.push(record);
    }
    return answer;
  }

  #pushed(wait_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timers: Timer[] = [];
      const wake = () => {
        this.#waiting.delete(wake);
        for (const timer of timers) timer.cancel();
        resolve();
      };
      this.#waiting.add(wake);
      timers.push(this.clock.after(wait_ms, wake));
    });
  }
}

function fits(record: PerformanceRecord, { service, store, procedure }: RecordFilter): boolean {
  return (
    (service === undefined ||
      service === record.service ||
      service === `${record.virtual_store}/${record.service}`) &&
    (store === undefined || store === record.store) &&
    (procedure === undefined || procedure === record.procedure)
  );
}
