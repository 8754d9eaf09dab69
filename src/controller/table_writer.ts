/**
 * Keeps the switch's tables as they should be: knows what is there, is told what is wanted, and writes only what
 * differs, in small batches. What is wanted may change at any time; the next batch already follows it, so that the
 * death of a store waits for one batch at most. A change costs what it touches, however large the tables are.
 */
import { Code } from 'p4runtime-js';
import {
  codeName,
  formatTableKey,
  NoPipelineError,
  NotPrimaryError,
  RpcError,
  type TableEntry,
  UnreachableError,
  type Update,
  type UpdateFailure,
  WriteError,
} from '../p4runtime';
import { rowName, type Row } from '../dataplane/table';
import { TABLES } from '../dataplane/tables';
import { PendingUpdates } from './pending_updates';
import { inPieces } from './pieces';
import { renumberedRows } from './renumbered';
import type { RowUpdate } from './update_order';

export interface WritableSwitch {
  write(updates: readonly Update[]): Promise<void>;
  readTable(table: string): AsyncIterable<TableEntry>;
}

export interface WriteCounts {
  inserted: number;
  modified: number;
  deleted: number;
  failed: number;
  /** Found right when the switch was read. */
  adopted: number;
}

export interface WriterEvents {
  /** An entry the switch will not take: it is left out until it changes or the switch is read again. */
  onRefused(problem: string): void;
  /** The switch is out of reach or not ours any more: nothing is written until it is read again. */
  onInterrupted(error: Error): void;
}

/** An entry that should be there from now on, or should not. */
export interface RowChange {
  row: Row;
  is_wanted: boolean;
}

interface Watch {
  rows: readonly Row[];
  callback: () => void;
}

/** By key. */
type Rows = Map<string, Row>;

/** As many as a Write of the client holds, so that it fails or succeeds as one. */
const BATCH_UPDATES_MAX = 128;
/** An entry that is sometimes there and sometimes not is given up after so many attempts. */
const ATTEMPTS_MAX = 3;
const COUNTED = { insert: 'inserted', modify: 'modified', delete: 'deleted' } as const;

export class TableWriter {
  readonly counts: WriteCounts = { inserted: 0, modified: 0, deleted: 0, failed: 0, adopted: 0 };
  readonly #present = new Map<string, Rows>();
  readonly #wanted = new Map<string, Rows>();
  /** What differs; complete only while `#is_loaded`. */
  readonly #pending = new PendingUpdates();
  /** Failed attempts, by table and key, with the value that failed. */
  readonly #failures = new Map<string, { row: Row; attempts: number }>();
  /** Names of entries that have to go, and may come again once everything else is right. */
  #doors = new Set<string>();
  #batch_updates_max = BATCH_UPDATES_MAX;
  /** Grows whenever what was known of the switch no longer counts, so that a write begun before it can tell. */
  #epoch = 0;
  /** The epoch whose updates are being written. */
  #running: number | undefined;
  #is_loaded = false;
  #waiting: (() => void)[] = [];
  #watches: Watch[] = [];

  constructor(
    private readonly target: WritableSwitch,
    private readonly events: WriterEvents,
  ) {}

  /** Reads every table. Writes nothing until then, and nothing afterwards before `resume`. */
  async load(): Promise<void> {
    this.interrupt();
    const epoch = this.#epoch;
    const tables = new Map<string, Rows>();
    for (const table of TABLES) {
      const rows: Rows = new Map();
      for await (const entry of inPieces(this.target.readTable(table.name))) {
        const row = table.rowOf(entry);
        rows.set(row.key, row);
      }
      tables.set(table.name, rows);
    }
    if (epoch !== this.#epoch) return;
    this.#present.clear();
    for (const [name, rows] of tables) this.#present.set(name, rows);
    this.#failures.clear();
    this.#batch_updates_max = BATCH_UPDATES_MAX;
  }

  present(table: string): Iterable<Row> {
    return this.#present.get(table)?.values() ?? [];
  }

  /** What some tables should hold from now on: each all of its rows. Costs as much as the tables are large. */
  want(tables: ReadonlyMap<string, readonly Row[]>): void {
    for (const [table, rows] of tables) {
      const before = this.#wanted.get(table) ?? new Map<string, Row>();
      this.#wanted.set(table, new Map(rows.map((row) => [row.key, row])));
      if (this.#is_loaded) for (const row of [...before.values(), ...rows]) this.#compare(row);
    }
    if (this.#is_loaded) this.#run();
  }

  /** What some entries should be from now on. */
  change(changes: Iterable<RowChange>): void {
    for (const { row, is_wanted } of changes) {
      const wanted = this.#wanted.get(row.table) ?? new Map<string, Row>();
      if (is_wanted) this.#wanted.set(row.table, wanted.set(row.key, row));
      else wanted.delete(row.key);
      this.#compare(row);
    }
    if (this.#is_loaded) this.#run();
  }

  /** After `load`, once everything wanted has been said: compares, then writes. Tables never wanted are left alone. */
  async resume(): Promise<void> {
    const epoch = this.#epoch;
    this.#pending.clear();
    this.#doors = renumberedRows(this.#present, this.#wanted);
    for (const [table, wanted] of this.#wanted) {
      // What changes while this goes on has been compared by then, or will be.
      for await (const row of inPieces([...wanted.values(), ...this.present(table)])) {
        if (epoch !== this.#epoch) return;
        this.#compare(row);
        if (row === wanted.get(row.key) && this.#isPresent(row)) this.counts.adopted += 1;
      }
    }
    this.#is_loaded = true;
    this.#run();
    this.#tellWatches();
  }

  /** Writes nothing more until the switch has been read again. */
  interrupt(): void {
    this.#epoch += 1;
    this.#is_loaded = false;
    this.#pending.clear();
    this.#watches = [];
    this.#settle();
  }

  /** Updates that are left to write: 0 when the switch holds all that is wanted, or is not ours to write. */
  get pending(): number {
    return this.#is_loaded ? this.#pending.size : 0;
  }

  /** When nothing is left to write, or writing is interrupted. */
  settled(): Promise<void> {
    if (this.#running !== this.#epoch) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Calls back once what was last said of these entries has been written or refused; never if writing is interrupted before. */
  whenWritten(rows: readonly Row[], callback: () => void): void {
    this.#watches.push({ rows, callback });
    this.#tellWatches();
  }

  /** Tries again what was refused. */
  retryRefused(): void {
    const refused = [...this.#failures.values()];
    this.#failures.clear();
    for (const { row } of refused) this.#compare(row);
    if (this.#is_loaded) this.#run();
  }

  #run(): void {
    if (this.#running === this.#epoch) return;
    this.#running = this.#epoch;
    void this.#writeAll(this.#epoch);
  }

  #tellWatches(): void {
    if (!this.#is_loaded) return;
    const isWritten = ({ rows }: Watch) => !rows.some((row) => this.#pending.has(row));
    const written = this.#watches.filter(isWritten);
    if (written.length === 0) return;
    this.#watches = this.#watches.filter((watch) => !written.includes(watch));
    for (const { callback } of written) callback();
  }

  #settle(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #writeAll(epoch: number): Promise<void> {
    for (;;) {
      const batch = this.#pending.first(this.#batch_updates_max);
      if (batch.length === 0) break;
      let problem: unknown;
      try {
        await this.target.write(batch.map(({ type, row }) => ({ type, entity: row.entry })));
      } catch (error) {
        problem = error;
      }
      // Another has begun, or will, from what the switch holds then.
      if (epoch !== this.#epoch) return;
      if (problem === undefined) for (const update of batch) this.#done(update);
      else if (!this.#sortOut(batch, problem)) return this.#interrupted(problem);
      this.#tellWatches();
    }
    this.#running = undefined;
    this.#batch_updates_max = BATCH_UPDATES_MAX;
    this.#settle();
  }

  #interrupted(error: unknown): void {
    this.interrupt();
    const reason = error instanceof Error ? error : new Error(String(error));
    if (!(reason instanceof UnreachableError) && !(reason instanceof NotPrimaryError)) {
      this.events.onRefused(reason.message);
    }
    this.events.onInterrupted(reason);
  }

  /** Looks again at what is to be done about one entry. */
  #compare({ table, key }: Pick<Row, 'table' | 'key'>): void {
    const wanted = this.#wanted.get(table)?.get(key);
    const present = this.#present.get(table)?.get(key);
    const update = this.#doors.has(rowName({ table, key }))
      ? doorUpdateOf(wanted, present)
      : updateOf(wanted, present);
    if (update === undefined || this.#isGivenUp(update)) this.#pending.remove({ table, key });
    else this.#pending.put(update);
  }

  #isPresent({ table, key, value }: Row): boolean {
    return this.#present.get(table)?.get(key)?.value === value;
  }

  #isGivenUp({ row }: RowUpdate): boolean {
    const failure = this.#failures.get(rowName(row));
    return failure !== undefined && failure.attempts >= ATTEMPTS_MAX && failure.row.value === row.value;
  }

  #done({ type, row }: RowUpdate): void {
    this.counts[COUNTED[type]] += 1;
    this.#failures.delete(rowName(row));
    if (type === 'delete') this.#remove(row);
    else this.#place(row);
  }

  #place(row: Row): void {
    const rows = this.#present.get(row.table) ?? new Map<string, Row>();
    this.#present.set(row.table, rows.set(row.key, row));
    this.#doors.delete(rowName(row));
    this.#compare(row);
  }

  #remove(row: Row): void {
    this.#present.get(row.table)?.delete(row.key);
    this.#compare(row);
  }

  /** False if the failure is not about the updates. */
  #sortOut(batch: readonly RowUpdate[], error: unknown): boolean {
    if (error instanceof WriteError) {
      const failed = new Map(error.failures.map((failure) => [failure.index, failure]));
      batch.forEach((update, index) => {
        const failure = failed.get(index);
        if (failure === undefined) this.#done(update);
        else this.#failed(update, failure);
      });
      return true;
    }
    const [first] = batch;
    const isOfConnection =
      error instanceof UnreachableError ||
      error instanceof NotPrimaryError ||
      error instanceof NoPipelineError;
    if (!(error instanceof RpcError) || isOfConnection || first === undefined) return false;
    // The target does not tell which update it refuses: one at a time it cannot but tell.
    if (batch.length > 1) this.#batch_updates_max = 1;
    else this.#failed(first, { code: error.code, message: error.detail });
    return true;
  }

  #failed({ type, row }: RowUpdate, { code, message }: Pick<UpdateFailure, 'code' | 'message'>): void {
    // The switch holds something else than we thought, and has just told us what.
    if (type === 'delete' && code === Code.NOT_FOUND) return this.#remove(row);
    this.counts.failed += 1;
    const name = rowName(row);
    const before = this.#failures.get(name);
    let attempts = (before?.row.value === row.value ? before.attempts : 0) + 1;
    const is_there = type === 'insert' && code === Code.ALREADY_EXISTS;
    const is_gone = type === 'modify' && code === Code.NOT_FOUND;
    if (!is_there && !is_gone) attempts = ATTEMPTS_MAX;
    this.#failures.set(name, { row, attempts });
    if (is_there) this.#place({ ...row, value: 'unknown' });
    else if (is_gone) this.#remove(row);
    else this.#compare(row);
    if (attempts < ATTEMPTS_MAX) return;
    const why = message === '' ? codeName(code) : message;
    this.events.onRefused(`the switch refused to ${type} ${formatTableKey(row.entry)}: ${why}`);
  }
}

function updateOf(wanted: Row | undefined, present: Row | undefined): RowUpdate | undefined {
  if (wanted === undefined) return present && { type: 'delete', row: present };
  if (present === undefined) return { type: 'insert', row: wanted };
  return present.value === wanted.value ? undefined : { type: 'modify', row: wanted };
}

function doorUpdateOf(wanted: Row | undefined, present: Row | undefined): RowUpdate | undefined {
  if (present !== undefined) return { type: 'delete', row: present, is_door: true };
  return wanted && { type: 'insert', row: wanted, is_door: true };
}
