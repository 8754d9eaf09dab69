import {
  type ActionCall,
  type CounterValue,
  EngineError,
  type EntryChange,
  type MatchValue,
  type MeterConfig,
  type SavedEntry,
  type TableEntry,
  type TableEntryState,
} from '../engine';
import { MeterArray } from '../externs/meter';
import type { Table } from '../program/model';
import { rowLimbs } from './action_rows';
import { DirectActions, type EntryActions, IndirectActions } from './entry_actions';
import { RowAt, RowKind, type RowTable, type RowWriter } from './entry_rows';
import { type Lookup, makeLookup } from './lookup';
import { MatchFormat } from './match';
import type { ProfileStore } from './profile_store';
import { Rows } from './rows';

const CAPACITY_MIN = 16;
const NS_PER_US = 1000;
/** Entries that are looked at for idle timeouts while packets wait: a fraction of a millisecond. */
const IDLE_SCAN_MAX = 65_536;
/** Rounds of looking for idle entries begin when one is due, and at least as often as this. */
const IDLE_ROUND_US_MAX = 1_000_000;

/**
 * A match-action table: its entries in arrays by entry number, so that a million of them are a few arrays. Entry 0
 * is the default action; hits are 1 and up. Generated code fills in `key` and reads `actions` directly.
 */
export class MatchTable {
  /** The packet's key, filled in before lookup(). */
  readonly key: Uint32Array;
  /** What entries do: DirectActions, or IndirectActions for a table with an action profile. */
  readonly actions: EntryActions;
  /**
   * An entry a row: its match as MatchFormat has it, then its action (with an action profile: a limb that says whether
   * the row is in use). Together, because a packet that hits needs both, and of many entries few are in a cache.
   */
  private readonly rows: Rows;

  private readonly format: MatchFormat;
  /** How generated code finds the entry for `key`: the class differs from table to table, which V8 is to see at each call. */
  readonly match_lookup: Lookup;
  private readonly record: Uint32Array;
  private readonly meters: MeterArray | undefined;
  private packets = new Float64Array(0);
  private bytes = new Float64Array(0);
  private idle_timeouts_us = new Float64Array(0);
  /** As they were written, for reading back. */
  private idle_timeouts_ns = new BigInt64Array(0);
  private last_hits_us = new Float64Array(0);
  /** When each entry was last reported idle: it is again when its timeout has passed once more. */
  private idle_reports_us = new Float64Array(0);
  /** Where `reportIdle` goes on, the earliest time an entry of this round is due next, and when a new round begins. */
  private idle_next = 1;
  private idle_round_due_us = Infinity;
  private idle_due_us = 0;
  private capacity = CAPACITY_MIN;
  /** Entries; 0: there is nothing to look up. */
  size = 0;
  /** The entries are the program's, for ever. */
  private is_const: boolean;

  constructor(
    readonly program: Table,
    profile: ProfileStore | undefined,
    private readonly clock: { now_us: number },
  ) {
    this.format = new MatchFormat(`table "${program.name}"`, program.keys);
    const { stride } = this.format;
    this.rows = new Rows(stride + (profile === undefined ? rowLimbs(program.actions) : 1));
    this.actions =
      profile === undefined ? new DirectActions(program, this.rows, stride) : new IndirectActions(profile);
    this.key = new Uint32Array(Math.max(1, this.format.key_limbs));
    this.record = new Uint32Array(stride);
    const moved = (from: number, to: number): void => this.moved(from, to);
    this.match_lookup = makeLookup(this.rows, this.format, program.max_size, moved);
    this.is_const = program.const_entries !== undefined;
    const meter = program.direct_meter;
    if (meter !== undefined) this.meters = new MeterArray(meter.name, Infinity, meter.unit, clock);
    this.resize(CAPACITY_MIN);
    this.setDefault(undefined);
    for (const entry of program.const_entries ?? []) {
      const match = entry.match.map(({ value, mask_or_high, prefix_length }, i): MatchValue => {
        const kind = program.keys[i]?.kind;
        if (kind === 'exact') return { kind, value };
        if (kind === 'lpm') return { kind, value: value & this.prefix(i, prefix_length), prefix_length };
        if (kind === 'range') return { kind, low: value, high: mask_or_high };
        return { kind: 'ternary', value: value & mask_or_high, mask: mask_or_high };
      });
      this.add({
        match,
        priority: entry.priority,
        action: { name: entry.action.name, args: entry.args },
        idle_timeout_ns: 0n,
      });
    }
  }

  // -- for generated code --

  count(entry: number, bytes: number): void {
    this.packets[entry] = (this.packets[entry] as number) + 1;
    this.bytes[entry] = (this.bytes[entry] as number) + bytes;
  }

  /** The colour of a packet that hit the entry. */
  meter(entry: number, bytes: number): number {
    return this.meters === undefined ? 0 : this.meters.execute(entry, bytes);
  }

  /** Notes a hit, for idle timeouts. */
  touch(entry: number): void {
    this.last_hits_us[entry] = this.clock.now_us;
  }

  // -- for the control plane --

  allowWrites(): void {
    this.is_const = false;
  }

  insert(entry: TableEntry): void {
    this.checkMutable();
    this.add(entry);
  }

  modify(entry: EntryChange): void {
    this.checkMutable();
    this.replace(this.find(entry), entry);
  }

  delete(entry: Pick<TableEntry, 'match' | 'priority'>): void {
    this.checkMutable();
    this.remove(this.find(entry));
  }

  setDefault(call: ActionCall | undefined): void {
    const { default_entry } = this.program;
    if (call === undefined) {
      if (this.program.with_counters) this.packets[0] = this.bytes[0] = 0;
      if (default_entry === undefined) this.actions.clear(0);
      else this.actions.set(0, { name: default_entry.action.name, args: default_entry.args });
      return;
    }
    if (this.program.profile !== undefined)
      this.fail('INVALID_ARGUMENT', 'the default action of a table with an action profile cannot be set');
    if (default_entry?.is_const === true) this.fail('PERMISSION_DENIED', 'the default action is const');
    this.actions.check(call, 0);
    this.actions.set(0, call);
  }

  /** @throws EngineError INVALID_ARGUMENT if the rows are not laid out as this table has it */
  rowWriter({ stride, actions }: RowTable): RowWriter {
    const own = this.actions;
    if (!(own instanceof DirectActions)) this.fail('INVALID_ARGUMENT', 'rows cannot name members or groups');
    const numbers = actions.map(({ name, limbs }) => own.numberOf(name, limbs));
    if (stride !== this.format.stride || numbers.includes(-1))
      this.fail('INVALID_ARGUMENT', 'the rows are laid out for another program');
    return (words, at) => {
      this.checkMutable();
      this.format.encodeLimbs(words, at + RowAt.match, this.record);
      const kind = words[at + RowAt.kind] as number;
      if (kind === RowKind.delete) {
        this.remove(this.findRecord());
        return;
      }
      const action = numbers[words[at + RowAt.action] as number] as number;
      const args_at = at + RowAt.match + stride;
      own.checkWidths(action, words, args_at);
      const entry = kind === RowKind.insert ? this.place() : this.findRecord();
      own.setLimbs(entry, action, words, args_at);
      this.meters?.write(entry, undefined);
      this.startIdle(entry, 0n);
    };
  }

  default(): { action: ActionCall; is_const: boolean; counter: CounterValue | undefined } | undefined {
    if (!this.actions.has(0)) return undefined;
    const is_const = this.program.default_entry?.is_const ?? false;
    // BMv2 does not count misses.
    return {
      action: this.actions.get(0) as ActionCall,
      is_const,
      counter: this.program.with_counters ? this.counterOf(0) : undefined,
    };
  }

  /** An entry by the number `lookup` returns, not 0. */
  entryAt(at: number): Pick<TableEntry, 'match' | 'priority'> {
    return this.format.decode(this.rows.records, at * this.rows.stride);
  }

  *entries(): Generator<TableEntryState> {
    const { match_lookup } = this;
    for (let entry = 1; entry < match_lookup.end; entry++)
      if (this.actions.has(entry)) yield this.state(entry);
  }

  /** Until `release` is called as often, entries stay in their rows. Those there are now are in rows [first, end). */
  hold(): { first: number; end: number } {
    this.match_lookup.hold();
    return { first: 1, end: this.match_lookup.end };
  }

  release(): void {
    this.match_lookup.release();
  }

  entriesIn(from: number, to: number): TableEntryState[] {
    const found: TableEntryState[] = [];
    for (let entry = from; entry < to; entry++) if (this.actions.has(entry)) found.push(this.state(entry));
    return found;
  }

  entry(key: Pick<TableEntry, 'match' | 'priority'>): TableEntryState | undefined {
    if (this.program.keys.length === 0) return undefined;
    this.format.encode(key.match, key.priority, this.record);
    const at = this.match_lookup.same(this.record);
    return at === 0 ? undefined : this.state(at);
  }

  save(key: Pick<TableEntry, 'match' | 'priority'>): SavedEntry | undefined {
    if (this.program.keys.length === 0) return undefined;
    this.format.encode(key.match, key.priority, this.record);
    const at = this.match_lookup.same(this.record);
    if (at === 0) return undefined;
    const { match, priority, action, idle_timeout_ns, meter, counter } = this.state(at);
    return {
      ...{ match, priority, action, idle_timeout_ns, meter, counter },
      saved_meter: this.meters?.save(at),
      hit_us: this.last_hits_us[at] ?? 0,
      reported_us: this.idle_reports_us[at] ?? 0,
    };
  }

  restore(saved: SavedEntry): void {
    this.format.encode(saved.match, saved.priority, this.record);
    let at = this.match_lookup.same(this.record);
    if (at === 0) {
      this.checkMutable();
      at = this.add(saved);
      if (saved.counter !== undefined) this.setCounter(at, saved.counter);
    } else this.replace(at, saved);
    this.meters?.restore(at, saved.saved_meter);
    if (!this.program.support_timeout) return;
    this.last_hits_us[at] = saved.hit_us;
    this.idle_reports_us[at] = saved.reported_us;
    this.expectIdle(Math.max(saved.hit_us, saved.reported_us), at);
  }

  writeCounter(entry: Pick<TableEntry, 'match' | 'priority'>, value: CounterValue): void {
    this.setCounter(this.find(entry), value);
  }

  writeDefaultCounter(value: CounterValue): void {
    this.setCounter(0, value);
  }

  writeMeter(entry: Pick<TableEntry, 'match' | 'priority'>, config: MeterConfig | undefined): void {
    this.metered().write(this.find(entry), config);
  }

  clearMeterCounters(entry: Pick<TableEntry, 'match' | 'priority'>): void {
    this.metered().clearCounters(this.find(entry));
  }

  /**
   * Calls `report` for entries that have been idle for their timeout, since they were hit or last reported, until it
   * answers false: that entry comes first the next time. A call looks at IDLE_SCAN_MAX entries at most, since packets
   * wait meanwhile; the next goes on.
   */
  reportIdle(report: (entry: TableEntryState) => boolean | undefined): void {
    if (!this.program.support_timeout) return;
    const { now_us } = this.clock;
    if (this.idle_next === 1 && now_us < this.idle_due_us) return;
    const { end } = this.match_lookup;
    const stop = Math.min(end, this.idle_next + IDLE_SCAN_MAX);
    for (; this.idle_next < stop; this.idle_next++) {
      const entry = this.idle_next;
      const timeout_us = this.idle_timeouts_us[entry] as number;
      if (timeout_us === 0 || !this.actions.has(entry)) continue;
      const since_us = Math.max(this.last_hits_us[entry] as number, this.idle_reports_us[entry] as number);
      let due_us = since_us + timeout_us;
      if (now_us - since_us >= timeout_us) {
        if (report(this.state(entry)) === false) return;
        this.idle_reports_us[entry] = now_us;
        due_us = now_us + timeout_us;
      }
      if (due_us < this.idle_round_due_us) this.idle_round_due_us = due_us;
    }
    if (this.idle_next < end) return;
    this.idle_next = 1;
    this.idle_due_us = Math.min(this.idle_round_due_us, now_us + IDLE_ROUND_US_MAX);
    this.idle_round_due_us = Infinity;
  }

  // -- within --

  private prefix(key: number, length: number): bigint {
    const width = this.program.keys[key]?.width ?? 0;
    const all = (1n << BigInt(width)) - 1n;
    return all ^ (all >> BigInt(length));
  }

  /** Makes the entry numbered `at` do something else. */
  private replace(at: number, entry: EntryChange): void {
    if (entry.action !== undefined) this.actions.check(entry.action, at);
    this.checkTimeout(entry);
    this.checkMeter(entry.meter);
    if (entry.action !== undefined) this.actions.set(at, entry.action);
    this.meters?.write(at, entry.meter);
    this.startIdle(at, entry.idle_timeout_ns);
  }

  /** The new entry's number. */
  private add(entry: TableEntry): number {
    this.format.encode(entry.match, entry.priority, this.record);
    this.actions.check(entry.action, 0);
    this.checkTimeout(entry);
    this.checkMeter(entry.meter);
    const at = this.place();
    this.actions.set(at, entry.action);
    this.meters?.write(at, entry.meter);
    this.startIdle(at, entry.idle_timeout_ns);
    return at;
  }

  /** A place for a new entry with the match in `record`; then it needs its action. */
  private place(): number {
    if (this.match_lookup.same(this.record) !== 0)
      this.fail('ALREADY_EXISTS', 'an entry with this match and priority exists');
    if (this.size >= this.program.max_size)
      this.fail('RESOURCE_EXHAUSTED', `the table is full (${this.program.max_size} entries)`);
    const at = this.match_lookup.place(this.record);
    this.size++;
    this.ensure(at);
    if (this.program.with_counters) this.packets[at] = this.bytes[at] = 0;
    this.meters?.reset(at);
    return at;
  }

  private remove(at: number): void {
    this.match_lookup.remove(at);
    this.actions.clear(at);
    this.size--;
  }

  /** An entry is in another row: the rest of it follows. */
  private moved(from: number, to: number): void {
    this.ensure(to);
    if (this.actions instanceof IndirectActions) this.actions.move(from, to);
    if (this.program.with_counters) {
      this.packets[to] = this.packets[from] as number;
      this.bytes[to] = this.bytes[from] as number;
    }
    this.meters?.move(from, to);
    if (!this.program.support_timeout) return;
    this.idle_timeouts_us[to] = this.idle_timeouts_us[from] as number;
    this.idle_timeouts_ns[to] = this.idle_timeouts_ns[from] as bigint;
    this.last_hits_us[to] = this.last_hits_us[from] as number;
    this.idle_reports_us[to] = this.idle_reports_us[from] as number;
  }

  private ensure(at: number): void {
    if (at >= this.capacity) this.resize(Math.max(at + 1, this.capacity * 2));
  }

  private find(entry: Pick<TableEntry, 'match' | 'priority'>): number {
    this.format.encode(entry.match, entry.priority, this.record);
    return this.findRecord();
  }

  private findRecord(): number {
    const at = this.match_lookup.same(this.record);
    if (at === 0) this.fail('NOT_FOUND', 'there is no entry with this match and priority');
    return at;
  }

  private checkMutable(): void {
    if (this.is_const) this.fail('PERMISSION_DENIED', 'the entries are const');
    if (this.program.keys.length === 0) this.fail('INVALID_ARGUMENT', 'the table has no key, so no entries');
  }

  private checkTimeout(entry: EntryChange): void {
    if (entry.idle_timeout_ns !== 0n && !this.program.support_timeout)
      this.fail('INVALID_ARGUMENT', 'the table does not support idle timeouts');
  }

  private checkMeter(config: MeterConfig | undefined): void {
    if (config !== undefined) this.metered().checkConfig(config);
  }

  private metered(): MeterArray {
    return this.meters ?? this.fail('INVALID_ARGUMENT', 'the table has no direct meter');
  }

  private startIdle(at: number, timeout_ns: bigint): void {
    if (!this.program.support_timeout) return;
    this.idle_timeouts_us[at] = Number(timeout_ns) / NS_PER_US;
    this.idle_timeouts_ns[at] = timeout_ns;
    this.touch(at);
    this.expectIdle(this.clock.now_us, at);
  }

  private expectIdle(since_us: number, at: number): void {
    const timeout_us = this.idle_timeouts_us[at] as number;
    if (timeout_us === 0) return;
    const due_us = since_us + timeout_us;
    this.idle_due_us = Math.min(this.idle_due_us, due_us);
    this.idle_round_due_us = Math.min(this.idle_round_due_us, due_us);
  }

  private setCounter(at: number, value: CounterValue): void {
    if (!this.program.with_counters) this.fail('INVALID_ARGUMENT', 'the table has no direct counter');
    this.packets[at] = Number(value.packets);
    this.bytes[at] = Number(value.bytes);
  }

  private counterOf(at: number): CounterValue {
    return { packets: BigInt(this.packets[at] as number), bytes: BigInt(this.bytes[at] as number) };
  }

  private state(at: number): TableEntryState {
    const { with_counters, support_timeout } = this.program;
    const idle_us = support_timeout ? this.clock.now_us - (this.last_hits_us[at] as number) : 0;
    const metered = this.meters?.read(at);
    return {
      ...this.format.decode(this.rows.records, at * this.rows.stride),
      action: this.actions.get(at),
      idle_timeout_ns: this.idle_timeouts_ns[at] ?? 0n,
      counter: with_counters ? this.counterOf(at) : undefined,
      ...(metered === undefined ? {} : { meter: metered.config, meter_counters: metered.counters }),
      idle_ns: support_timeout ? BigInt(Math.max(0, Math.round(idle_us * NS_PER_US))) : undefined,
      is_const: this.is_const,
    };
  }

  private resize(capacity: number): void {
    const grown = <T extends Float64Array | BigInt64Array>(old: T): T => {
      const array = new (old.constructor as new (length: number) => T)(capacity);
      (array as Float64Array).set(old as Float64Array);
      return array;
    };
    this.capacity = capacity;
    if (this.program.with_counters) {
      this.packets = grown(this.packets);
      this.bytes = grown(this.bytes);
    }
    if (this.program.support_timeout) {
      this.idle_timeouts_us = grown(this.idle_timeouts_us);
      this.idle_timeouts_ns = grown(this.idle_timeouts_ns);
      this.last_hits_us = grown(this.last_hits_us);
      this.idle_reports_us = grown(this.idle_reports_us);
    }
  }

  private fail(code: EngineError['code'], message: string): never {
    throw new EngineError(code, `table "${this.program.name}": ${message}`);
  }
}
