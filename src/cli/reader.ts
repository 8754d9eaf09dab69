/** Whom `table` and `counter` ask. */
import type { SocketOptions, SwitchOptions } from './options';
import type { CounterCell, SwitchReader, TableListing, TableReading } from './readings';

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
