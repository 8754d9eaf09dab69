/** Reads tables and counters of any P4Runtime target, whatever program it runs, without being its controller. */
import { Client } from '../p4runtime/client';
import type { EntryAction } from '../p4runtime/action';
import type { CounterValue } from '../p4runtime/counters';
import type { P4Schema, TableSchema } from '../p4runtime/p4info';
import type { TableEntryState } from '../p4runtime/table_entry';
import { parseTarget } from '../p4runtime/target';
import { CliError } from './exit_codes';
import { formatMatchValue, formatValue } from './p4_values';
import type { CounterCell, ReadableEntry, SwitchReader, TableListing, TableReading } from './readings';

/** What is not answered by then never will be. */
const TIMEOUT_MS = 10_000;
const NS_PER_MS = 1_000_000n;

export class TargetReader implements SwitchReader {
  private constructor(
    private readonly client: Client,
    private readonly schema: P4Schema,
  ) {}

  /** Throws TargetError for a bad URL, UnreachableError, or NoPipelineError if the target runs no program. */
  static async open(url: string): Promise<TargetReader> {
    const client = new Client(parseTarget(url), {
      unary_timeout_ms: TIMEOUT_MS,
      pipeline_timeout_ms: TIMEOUT_MS,
    });
    try {
      return new TargetReader(client, await client.fetchP4Info());
    } catch (error) {
      client.close();
      throw error;
    }
  }

  close(): void {
    this.client.close();
  }

  async tables(): Promise<TableListing[]> {
    const entries = new Map<string, number>();
    for await (const { table } of this.client.readTable()) entries.set(table, (entries.get(table) ?? 0) + 1);
    return [...this.schema.tables].map(({ name, alias, key, size }) => ({
      name: alias,
      key: key.map((field) => ({ name: field.name, match: field.kind })),
      entries: entries.get(name) ?? 0,
      size,
    }));
  }

  async table(name: string): Promise<TableReading> {
    const table = this.tableNamed(name);
    const entries: ReadableEntry[] = [];
    for await (const entry of this.client.readTable(table.name)) entries.push(this.readable(table, entry));
    return { table: table.alias, entries };
  }

  async counters(name?: string): Promise<CounterCell[]> {
    const { counters, direct_counters, tables } = this.schema;
    const cells: CounterCell[] = [];
    const isWanted = (counter: { name: string; alias: string }): boolean =>
      name === undefined || name === counter.name || name === counter.alias;
    for (const { name: counter, alias } of [...counters].filter(isWanted)) {
      for await (const { index, ...value } of this.client.readCounter(counter)) {
        cells.push({ counter: alias, cell: String(index), ...numbers(value) });
      }
    }
    for (const table of tables) {
      if (table.direct_counter === undefined || !isWanted(table.direct_counter)) continue;
      const { alias } = table.direct_counter;
      for await (const { direct_counter_of, ...value } of this.client.readDirectCounters(table.name)) {
        cells.push({ counter: alias, cell: formatKey(table, direct_counter_of), ...numbers(value) });
      }
    }
    if (cells.length === 0 && name !== undefined && ![...counters, ...direct_counters].some(isWanted)) {
      throw new CliError('failed', unknown('counter', name, [...counters, ...direct_counters]));
    }
    return cells;
  }

  private tableNamed(name: string): TableSchema {
    const table = this.schema.tables.find(name);
    if (table === undefined) throw new CliError('failed', unknown('table', name, [...this.schema.tables]));
    return table;
  }

  private readable(table: TableSchema, entry: TableEntryState): ReadableEntry {
    return {
      key: Object.fromEntries(
        table.key.map((field) => [field.name, formatMatchValue(field, entry.match[field.name])]),
      ),
      ...this.readableAction(entry.action),
      ...(entry.priority !== undefined && { priority: entry.priority }),
      ...(entry.idle_timeout_ns !== undefined && {
        idle_timeout_ms: Number(entry.idle_timeout_ns / NS_PER_MS),
      }),
    };
  }

  private readableAction(action: EntryAction | undefined): Pick<ReadableEntry, 'action' | 'params'> {
    if (action === undefined) return { action: 'none', params: {} };
    if ('member_id' in action) return { action: 'member', params: { id: action.member_id } };
    if ('group_id' in action) return { action: 'group', params: { id: action.group_id } };
    if ('one_shot' in action) {
      const members = action.one_shot.map(({ action: call, weight }, index) => {
        const { action: name, params } = this.readableAction(call);
        const given = Object.entries(params).map(([param, value]) => `${param}=${value}`);
        return [String(index), `${name}(${given.join(', ')}) weight ${weight}`];
      });
      return { action: 'one_shot', params: Object.fromEntries(members) as Record<string, string> };
    }
    const { alias, params } = this.schema.actions.get(action.name);
    const given = params.map((param) => [param.name, formatValue(param, action.params[param.name] ?? 0n)]);
    return { action: alias, params: Object.fromEntries(given) as Record<string, string | number> };
  }
}

function numbers({ packets, bytes }: CounterValue): { packets: number; bytes: number } {
  return { packets: Number(packets), bytes: Number(bytes) };
}

function formatKey(
  { key }: TableSchema,
  { match, is_default }: Pick<TableEntryState, 'match' | 'is_default'>,
): string {
  if (is_default === true) return 'default action';
  return key.map((field) => `${field.name}=${formatMatchValue(field, match[field.name])}`).join(' ');
}

function unknown(kind: string, name: string, all: readonly { alias: string }[]): string {
  const names = all.map(({ alias }) => alias).join(', ');
  return `there is no ${kind} "${name}"; ${names === '' ? 'there are none' : `there are ${names}`}`;
}
