import type { CounterValue, Engine, MeterCounters, SavedEntry, SavedMeter } from '../engine';

/** A table that both programs have. */
export interface CarriedTable {
  name: string;
  with_counters: boolean;
  /** Both have a direct meter of one kind. */
  with_meters: boolean;
}

/** What meters held when they were copied. */
export interface CopiedMeters {
  /** By table, of entries that are not const, in the order they are read in. */
  entries: Map<string, (SavedMeter | undefined)[]>;
  /** By meter array and cell. */
  cells: Map<string, Map<number, SavedMeter>>;
}

/**
 * Adds what packets made of one engine's state to what they make of another's, which they go through by now. Nothing
 * writes to either meanwhile but packets to the latter.
 */
export function* addCounts(
  from: Engine,
  to: Engine,
  names: { tables: CarriedTable[]; counters: string[]; meters: string[] },
  copied: CopiedMeters,
): Generator<undefined, void> {
  for (const table of names.tables) {
    const { name, with_counters } = table;
    const counter = from.defaultAction(name)?.counter;
    const own = to.defaultAction(name)?.counter;
    if (with_counters && counter !== undefined && own !== undefined && !isZero(counter))
      to.writeDefaultCounter(name, sum(counter, own));
    const meters = copied.entries.get(name)?.values();
    for (const state of from.entries(name)) {
      const meter = state.is_const ? undefined : meters?.next().value;
      addToEntry(from.savedEntry(name, state), meter, to, table);
      yield undefined;
    }
  }
  for (const name of names.counters) {
    for (let i = 0; i < from.counterSize(name); i++) {
      const value = from.readCounter(name, i);
      if (!isZero(value)) to.writeCounter(name, i, sum(value, to.readCounter(name, i)));
      yield undefined;
    }
  }
  for (const name of names.meters) {
    const cells = copied.cells.get(name);
    for (let i = 0; i < from.meterSize(name); i++) {
      const last = from.savedMeter(name, i);
      if (last !== undefined)
        to.restoreMeter(
          name,
          i,
          joined(cells?.get(i), last, to.savedMeter(name, i) ?? withoutCounters(last)),
        );
      yield undefined;
    }
  }
}

function addToEntry(
  last: SavedEntry | undefined,
  copied: SavedMeter | undefined,
  to: Engine,
  { name, with_counters, with_meters }: CarriedTable,
): void {
  const own = last && to.savedEntry(name, last);
  if (last === undefined || own === undefined) return;
  const { counter, saved_meter, hit_us, reported_us } = last;
  if (with_counters && counter !== undefined && own.counter !== undefined && !isZero(counter))
    to.writeDirectCounter(name, last, sum(counter, own.counter));
  const is_metered = with_meters && saved_meter !== undefined;
  if (!is_metered && hit_us <= own.hit_us && reported_us <= own.reported_us) return;
  to.restoreEntry(name, {
    ...own,
    saved_meter: is_metered
      ? joined(copied, saved_meter, own.saved_meter ?? withoutCounters(saved_meter))
      : own.saved_meter,
    hit_us: Math.max(hit_us, own.hit_us),
    reported_us: Math.max(reported_us, own.reported_us),
  });
}

/**
 * A meter as if all packets had gone through it: it held what `copied` says when the second engine began with it, and
 * `last` when packets left the first. `now` is the second's.
 */
function joined(copied: SavedMeter | undefined, last: SavedMeter, now: SavedMeter): SavedMeter {
  const { green, yellow, red } = last.counters;
  const buckets = now.buckets.map((bucket, i) => {
    const [first, left] = [copied?.buckets[i] ?? bucket, last.buckets[i]];
    if (left === undefined) return bucket;
    const burst = Number(burstOf(now, i));
    const taken = Math.min(burst, first.tokens + Math.max(0, bucket.due - first.due)) - bucket.tokens;
    const held = Math.min(burst, left.tokens + Math.max(0, bucket.due - left.due));
    return { tokens: Math.max(0, Math.min(burst, held - taken)), due: Math.max(bucket.due, left.due) };
  });
  return {
    ...now,
    buckets,
    counters: {
      green: sum(green, now.counters.green),
      yellow: sum(yellow, now.counters.yellow),
      red: sum(red, now.counters.red),
    },
  };
}

/** Of the committed bucket, or the other. */
function burstOf({ config }: SavedMeter, bucket: number): bigint {
  if (config === undefined) return 0n;
  if (bucket === 0) return config.cburst;
  return config.eburst === 0n ? config.pburst : config.eburst;
}

export function withoutCounters<M extends SavedMeter | undefined>(meter: M): M {
  const none: CounterValue = { packets: 0n, bytes: 0n };
  const counters: MeterCounters = { green: none, yellow: none, red: none };
  return meter && { ...meter, counters };
}

function sum(a: CounterValue, b: CounterValue): CounterValue {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

function isZero({ packets, bytes }: CounterValue): boolean {
  return packets === 0n && bytes === 0n;
}
