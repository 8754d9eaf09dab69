/** `storeswitch table ...`: the entries of the switch, in words. */
import type { Command } from 'commander';
import {
  jsonOption,
  socketOption,
  switchOption,
  type JsonOptions,
  type SocketOptions,
  type SwitchOptions,
} from './options';
import { formatDuration, printJson, printTable } from './output';
import { withReader } from './reader';
import type { ReadableEntry, TableReading } from './readings';

type Options = JsonOptions & SocketOptions & SwitchOptions;

export function register(program: Command): void {
  const table = program.command('table').description("show the switch's tables");

  table
    .command('list')
    .description('show every table, its key and how full it is')
    .addOption(socketOption())
    .addOption(switchOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const tables = await withReader(options, (reader) => reader.tables());
      if (options.json) printJson(tables);
      else {
        printTable(
          ['table', 'entries', 'size', 'key'],
          tables.map(({ name, key, entries, size }) => [
            name,
            entries,
            size,
            key.map((field) => `${field.name} (${field.match})`).join(', '),
          ]),
        );
      }
    });

  table
    .command('show')
    .description('show the entries of a table')
    .argument('<name>', 'table, in full or by the end of its name')
    .addOption(socketOption())
    .addOption(switchOption())
    .addOption(jsonOption())
    .action(async (name: string, options: Options) => {
      const reading = await withReader(options, (reader) => reader.table(name));
      if (options.json) printJson(reading);
      else printEntries(reading);
    });
}

function printEntries({ entries }: TableReading): void {
  const fields = Object.keys(entries[0]?.key ?? {});
  const hasPriority = entries.some(({ priority }) => priority !== undefined);
  const hasIdle = entries.some(({ idle_timeout_ms }) => idle_timeout_ms !== undefined);
  printTable(
    [...fields, ...(hasPriority ? ['priority'] : []), 'action', ...(hasIdle ? ['idle timeout'] : [])],
    entries.map((entry) => [
      ...fields.map((field) => entry.key[field]),
      ...(hasPriority ? [entry.priority] : []),
      formatAction(entry),
      ...(hasIdle
        ? [entry.idle_timeout_ms === undefined ? undefined : formatDuration(entry.idle_timeout_ms)]
        : []),
    ]),
  );
}

function formatAction({ action, params }: ReadableEntry): string {
  const given = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  return `${action}(${given.join(', ')})`;
}
