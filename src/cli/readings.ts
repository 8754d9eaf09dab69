/** What `table` and `counter` show, whether the running controller or the switch itself was asked. */
import type { ReadableEntry, TableListing, TableReading } from '../controller/status';
import type { SocketOptions, SwitchOptions } from './options';

/** One cell of a counter, under the name of what it counts, or its index. */
export interface CounterCell {
  counter: string;
  cell: string;
  packets: number;
  /** Absent for what the controller itself counts. */
  bytes?: number;
}

export type { ReadableEntry, TableListing, TableReading };

export interface SwitchReader {
  tables(): Promise<TableListing[]>;
  table(name: string): Promise<TableReading>;
  /** Of one counter, or of all. */
  counters(name?: string): Promise<CounterCell[]>;
  close(): void;
}

/** Reads through the running controller, or from the P4Runtime target of `--switch`. */
export async function withReader<Result>(
  options: SocketOptions & SwitchOptions,
  read: (reader: SwitchReader) => Promise<Result>,
): Promise<Result> {
  const reader = await openReader(options);
  try {
    return await read(reader);
  } finally {
    reader.close();
  }
}

async function openReader(options: SocketOptions & SwitchOptions): Promise<SwitchReader> {
  if (options.switch !== undefined) {
    const { TargetReader } = await import('./target_reader.js');
    return TargetReader.open(options.switch);
  }
  const { ask } = await import('./ask.js');
  return {
    tables: () => ask<TableListing[]>(options, 'table.list'),
    table: (name) => ask<TableReading>(options, 'table.show', { table: name }),
    counters: (name) =>
      ask<CounterCell[]>(options, 'counter.show', name === undefined ? {} : { counter: name }),
    close: () => undefined,
  };
}
