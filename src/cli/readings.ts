/** What `table` and `counter` show, whether the running controller or the switch itself was asked. */
import type { TableListing, TableReading } from '../controller/status';

/** One cell of a counter, under the name of what it counts, or its index. */
export interface CounterCell {
  counter: string;
  cell: string;
  packets: number;
  /** Absent for what the controller itself counts. */
  bytes?: number;
}

export type { ReadableEntry, TableListing, TableReading } from '../controller/status';

export interface SwitchReader {
  tables(): Promise<TableListing[]>;
  table(name: string): Promise<TableReading>;
  /** Of one counter, or of all. */
  counters(name?: string): Promise<CounterCell[]>;
  close(): void;
}
