/**
 * Keeps the switch's tables as they should be: knows what is there, is told what is wanted, and writes only what
 * differs, in small batches. What is wanted may change at any time; the next batch already follows it, so that the
 * death of a store waits for one batch at most.
 */
import { Code } from 'p4runtime-js';
import {
  codeName,
  formatTableKey,
  NotPrimaryError,
  type TableEntry,
  UnreachableError,
  type Update,
  type UpdateFailure,
  WriteError,
} from '../p4runtime';
import type { Row } from '../dataplane/table';
import { TABLES } from '../dataplane/tables';
import { stepOf, type RowUpdate } from './update_order';

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

/** By key. */
type Rows = Map<string, Row>;

const BATCH_UPDATES_MAX = 256;
/** An entry that is sometimes there and sometimes not is given up after so many attempts. */
const ATTEMPTS_MAX = 3;
const COUNTED = { insert: 'inserted', modify: 'modified', delete: 'deleted' } as const;

export class TableWriter {
  readonly counts: WriteCounts = { inserted: 0, modified: 0, deleted: 0, failed: 0, adopted: 0 };
  readonly #present = new Map<string, Rows>();
  readonly #wanted = new Map<string, Rows>();
  /** What differs, by table and key; a table without it has not been compared since it changed. */
  readonly #differences = new Map<string, Map<string, RowUpdate>>();
  /** Failed attempts, by table and key, with the value that failed. */
  readonly #failures = new Map<string, { value: string; attempts: number }>();
  #running = false;
  #is_loaded = false;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly target: WritableSwitch,
    private readonly events: WriterEvents,
  ) {}

  /** Reads every table. Writes nothing until then, and nothing afterwards before `want` or `resume`. */
  async load(): Promise<void> {
    this.interrupt();
    const tables = new Map<string, Rows>();
    for (const table of TABLES) {
      const rows: Rows = new Map();
      for await (const entry of this.target.readTable(table.name)) {
        const row = table.rowOf(entry);
        rows.set(row.key, row);
      }
      tables.set(table.name, rows);
    }
    this.#present.clear();
    for (const [name, rows] of tables) this.#present.set(name, rows);
    this.#failures.clear();
    this.#differences.clear();
  }

  present(table: string): Iterable<Row> {
    return this.#present.get(table)?.values() ?? [];
  }

  /** What some tables should hold from now on: each all of its rows. */
  want(tables: ReadonlyMap<string, readonly Row[]>): void {
    for (const [table, rows] of tables) {
      this.#wanted.set(table, new Map(rows.map((row) => [row.key, row])));
      this.#differences.delete(table);
    }
    if (this.#is_loaded) this.#run();
  }

  /** After `load`, once everything wanted has been said. */
  resume(): void {
    this.#is_loaded = true;
    for (const [table, rows] of this.#wanted) {
      const present = this.#present.get(table);
      for (const row of rows.values())
        if (present?.get(row.key)?.value === row.value) this.counts.adopted += 1;
    }
    this.#run();
  }

  /** Writes nothing more until the switch has been read again. */
  interrupt(): void {
    this.#is_loaded = false;
    if (!this.#running) this.#settle();
  }

  /** Updates that are left to write: 0 when the switch holds all that is wanted, or is not ours to write. */
  get pending(): number {
    if (!this.#is_loaded) return 0;
    let updates = 0;
    for (const table of this.#wanted.keys()) updates += this.#compare(table).size;
    return updates;
  }

  /** When nothing is left to write, or writing is interrupted. */
  settled(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Tries again what was refused. */
  retryRefused(): void {
    if (this.#failures.size === 0) return;
    this.#failures.clear();
    this.#differences.clear();
    if (this.#is_loaded) this.#run();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#writeAll().finally(() => {
      this.#running = false;
      this.#settle();
    });
  }

  #settle(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #writeAll(): Promise<void> {
    while (this.#is_loaded) {
      const batch = this.#nextBatch();
      if (batch.length === 0) return;
      try {
        await this.target.write(batch.map(({ type, row }) => ({ type, entity: row.entry })));
        for (const update of batch) this.#done(update);
      } catch (error) {
        if (error instanceof WriteError) this.#sortOut(batch, error);
        else return this.#interrupted(error);
      }
    }
  }

  #interrupted(error: unknown): void {
    this.interrupt();
    const reason = error instanceof Error ? error : new Error(String(error));
    if (!(reason instanceof UnreachableError) && !(reason instanceof NotPrimaryError)) {
      this.events.onRefused(reason.message);
    }
    this.events.onInterrupted(reason);
  }

  /** Updates of the lowest step that is left. */
  #nextBatch(): RowUpdate[] {
    let lowest = Infinity;
    let batch: RowUpdate[] = [];
    for (const table of this.#wanted.keys()) {
      for (const update of this.#compare(table).values()) {
        const step = stepOf(update);
        if (step < lowest) {
          lowest = step;
          batch = [update];
        } else if (step === lowest && batch.length < BATCH_UPDATES_MAX) {
          batch.push(update);
        }
      }
    }
    return batch;
  }

  #compare(table: string): ReadonlyMap<string, RowUpdate> {
    const known = this.#differences.get(table);
    if (known !== undefined) return known;
    const wanted = this.#wanted.get(table) ?? new Map<string, Row>();
    const present = this.#present.get(table) ?? new Map<string, Row>();
    const updates: RowUpdate[] = [];
    for (const row of wanted.values()) {
      const there = present.get(row.key);
      if (there === undefined) updates.push({ type: 'insert', row });
      else if (there.value !== row.value) updates.push({ type: 'modify', row });
    }
    for (const row of present.values()) if (!wanted.has(row.key)) updates.push({ type: 'delete', row });
    const left = updates.filter((update) => !this.#isGivenUp(update));
    const difference = new Map(left.map((update) => [update.row.key, update]));
    this.#differences.set(table, difference);
    return difference;
  }

  #isGivenUp({ row }: RowUpdate): boolean {
    const failure = this.#failures.get(`${row.table} ${row.key}`);
    return failure !== undefined && failure.attempts >= ATTEMPTS_MAX && failure.value === row.value;
  }

  #done({ type, row }: RowUpdate): void {
    this.counts[COUNTED[type]] += 1;
    this.#failures.delete(`${row.table} ${row.key}`);
    if (type === 'delete') this.#remove(row);
    else this.#place(row);
    this.#differences.get(row.table)?.delete(row.key);
  }

  #place(row: Row): void {
    const rows = this.#present.get(row.table) ?? new Map<string, Row>();
    this.#present.set(row.table, rows.set(row.key, row));
  }

  #remove(row: Row): void {
    this.#present.get(row.table)?.delete(row.key);
  }

  #sortOut(batch: readonly RowUpdate[], { failures }: WriteError): void {
    const failed = new Map(failures.map((failure) => [failure.index, failure]));
    batch.forEach((update, index) => {
      const failure = failed.get(index);
      if (failure === undefined) this.#done(update);
      else this.#failed(update, failure);
    });
  }

  #failed({ type, row }: RowUpdate, { code, message }: UpdateFailure): void {
    // The switch holds something else than we thought, and has just told us what.
    this.#differences.delete(row.table);
    if (type === 'delete' && code === Code.NOT_FOUND) return this.#remove(row);
    this.counts.failed += 1;
    const name = `${row.table} ${row.key}`;
    const before = this.#failures.get(name);
    let attempts = (before?.value === row.value ? before.attempts : 0) + 1;
    if (type === 'insert' && code === Code.ALREADY_EXISTS) this.#place({ ...row, value: 'unknown' });
    else if (type === 'modify' && code === Code.NOT_FOUND) this.#remove(row);
    else attempts = ATTEMPTS_MAX;
    this.#failures.set(name, { value: row.value, attempts });
    if (attempts < ATTEMPTS_MAX) return;
    const why = message === '' ? codeName(code) : message;
    this.events.onRefused(`the switch refused to ${type} ${formatTableKey(row.entry)}: ${why}`);
  }
}
