import {
  type CounterValue,
  EngineError,
  type MeterConfig,
  type MeterCounters,
  type MeterState,
  type SavedMeter,
} from '../engine';

/** As v1model numbers them. */
export const Colour = { green: 0, yellow: 1, red: 2 } as const;

const US_PER_SECOND = 1_000_000;

/**
 * A bucket that fills with `rate_per_us` tokens each microsecond. Tokens are whole: those due at a time are counted
 * from the clock's start, so that no rounding adds up (as BMv2 does it).
 */
class Bucket {
  tokens: number;
  due = 0;

  constructor(
    private readonly rate_per_us: number,
    readonly burst: number,
  ) {
    this.tokens = burst;
  }

  /** Tokens that came due since the last call; a clock that goes back brings none. */
  accrue(now_us: number): number {
    const due = Math.floor(now_us * this.rate_per_us);
    const fresh = due - this.due;
    this.due = due;
    return fresh > 0 ? fresh : 0;
  }

  fill(now_us: number): void {
    this.tokens = Math.min(this.tokens + this.accrue(now_us), this.burst);
  }

  /** Takes the tokens if there are as many. */
  take(tokens: number): boolean {
    if (this.tokens < tokens) return false;
    this.tokens -= tokens;
    return true;
  }
}

/** One meter, colour-blind: two rates (RFC 2698), or one with an excess burst (RFC 2697, section 3). */
class Meter {
  readonly packets = new Float64Array(3);
  readonly bytes = new Float64Array(3);
  config: MeterConfig | undefined;
  private committed: Bucket | undefined;
  private peak: Bucket | undefined;
  private is_single_rate = false;

  configure(config: MeterConfig | undefined): void {
    this.config = config;
    this.committed = this.peak = undefined;
    if (config === undefined) return;
    const { cir, cburst, pir, pburst, eburst } = config;
    this.committed = new Bucket(Number(cir) / US_PER_SECOND, Number(cburst));
    this.is_single_rate = eburst !== 0n;
    // With a single rate the second bucket gets what the first has no room for.
    this.peak = this.is_single_rate
      ? new Bucket(0, Number(eburst))
      : new Bucket(Number(pir) / US_PER_SECOND, Number(pburst));
  }

  /** Those of a meter that is configured. */
  buckets(): Bucket[] {
    return this.committed === undefined || this.peak === undefined ? [] : [this.committed, this.peak];
  }

  mark(tokens: number, now_us: number): number {
    const { committed, peak } = this;
    if (committed === undefined || peak === undefined) return Colour.green;
    if (this.is_single_rate) {
      const filled = committed.tokens + committed.accrue(now_us);
      committed.tokens = Math.min(filled, committed.burst);
      peak.tokens = Math.min(peak.tokens + filled - committed.tokens, peak.burst);
      if (committed.take(tokens)) return Colour.green;
      return peak.take(tokens) ? Colour.yellow : Colour.red;
    }
    // A packet beyond the peak rate is not charged to the committed one; BMv2 does not even fill that bucket then.
    peak.fill(now_us);
    if (!peak.take(tokens)) return Colour.red;
    committed.fill(now_us);
    return committed.take(tokens) ? Colour.green : Colour.yellow;
  }
}

const UNUSED = new Meter();

/** Meters by index: the cells of a meter array, or one for each entry of a table. */
export class MeterArray {
  /** Those that were ever configured or run. */
  private readonly meters: (Meter | undefined)[] = [];

  constructor(
    readonly name: string,
    /** Infinity: as many as the table has entries. */
    readonly size: number,
    private readonly unit: 'packets' | 'bytes',
    private readonly clock: { now_us: number },
  ) {}

  /** The colour of a packet of that many bytes. `index` is within the array. */
  execute(index: number, bytes: number): number {
    const meter = (this.meters[index] ??= new Meter());
    const colour = meter.mark(this.unit === 'packets' ? 1 : bytes, Math.floor(this.clock.now_us));
    meter.packets[colour] = (meter.packets[colour] as number) + 1;
    meter.bytes[colour] = (meter.bytes[colour] as number) + bytes;
    return colour;
  }

  read(index: number): MeterState {
    this.check(index);
    const { config, packets, bytes } = this.meters[index] ?? UNUSED;
    const counted = (colour: number): CounterValue => ({
      packets: BigInt(packets[colour] as number),
      bytes: BigInt(bytes[colour] as number),
    });
    const counters: MeterCounters = {
      green: counted(Colour.green),
      yellow: counted(Colour.yellow),
      red: counted(Colour.red),
    };
    return { config: config === undefined ? undefined : { ...config }, counters };
  }

  /** undefined: never configured or run. */
  save(index: number): SavedMeter | undefined {
    const state = this.read(index);
    const meter = this.meters[index];
    if (meter === undefined) return undefined;
    return { ...state, buckets: meter.buckets().map(({ tokens, due }) => ({ tokens, due })) };
  }

  /** Throws EngineError for a config that this array cannot have. */
  restore(index: number, saved: SavedMeter | undefined): void {
    this.write(index, saved?.config);
    if (saved === undefined) {
      this.reset(index);
      return;
    }
    const { buckets, counters } = saved;
    const meter = (this.meters[index] ??= new Meter());
    meter.buckets().forEach((bucket, i) => Object.assign(bucket, buckets[i]));
    for (const [name, colour] of Object.entries(Colour)) {
      const { packets, bytes } = counters[name as keyof MeterCounters];
      meter.packets[colour] = Number(packets);
      meter.bytes[colour] = Number(bytes);
    }
  }

  /** Throws EngineError; then the meter is as it was. */
  write(index: number, config: MeterConfig | undefined): void {
    this.check(index);
    this.checkConfig(config);
    if (config === undefined && this.meters[index] === undefined) return;
    (this.meters[index] ??= new Meter()).configure(config);
  }

  /** Throws EngineError for what no meter can be set to. */
  checkConfig(config: MeterConfig | undefined): void {
    if (config === undefined) return;
    const { cir, cburst, pir, pburst, eburst } = config;
    for (const [field, value] of Object.entries({ cir, cburst, pir, pburst, eburst }))
      if (value < 0n) this.fail(`${field} ${value} is negative`);
    if (pir < cir) this.fail(`the peak rate ${pir} is below the committed rate ${cir}`);
  }

  clearCounters(index: number): void {
    this.check(index);
    this.meters[index]?.packets.fill(0);
    this.meters[index]?.bytes.fill(0);
  }

  /** Back to the start: for an entry number that is given out again. */
  reset(index: number): void {
    this.meters[index] = undefined;
  }

  /** For an entry that gets another number. */
  move(from: number, to: number): void {
    this.meters[to] = this.meters[from];
    this.meters[from] = undefined;
  }

  private check(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      this.fail(`index ${index} is not within 0..${this.size - 1}`);
  }

  private fail(problem: string): never {
    throw new EngineError('INVALID_ARGUMENT', `meter "${this.name}": ${problem}`);
  }
}
