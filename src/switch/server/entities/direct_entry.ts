import type { Entity, TableEntry } from 'p4runtime-js';
import type { Dataplane } from '../../worker/dataplane';
import type { TableSpec } from '../p4info';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { emptyEntry, readTableEntries } from './table_entry';

/** What a direct counter or meter belongs to: both are written and read by the entry they are of. */
export type DirectKind = 'counter' | 'meter';

/** Throws RpcError INVALID_ARGUMENT if it is not set. */
export function requireTableEntry(
  kind: DirectKind,
  { tableEntry }: { tableEntry: TableEntry | undefined },
): TableEntry {
  if (tableEntry === undefined)
    throw new RpcError('INVALID_ARGUMENT', `direct_${kind}_entry.table_entry is not set`);
  return tableEntry;
}

/** Throws RpcError INVALID_ARGUMENT if the table has no such resource. */
export function tableWith(kind: DirectKind, pipeline: Pipeline, { tableId }: TableEntry): TableSpec {
  const table = pipeline.info.table(tableId);
  if (!has(kind, table)) throw new RpcError('INVALID_ARGUMENT', `table ${table.name} has no direct ${kind}`);
  return table;
}

/**
 * The entries, with the resources `asked` has, that a read of a direct resource means: one, all of a table, or (table
 * id 0) all. NOT_FOUND if a match is given that no entry has.
 */
export async function* readDirectEntries(
  kind: DirectKind,
  pipeline: Pipeline,
  dataplane: Dataplane,
  wanted: TableEntry,
  asked: Partial<TableEntry>,
): AsyncGenerator<TableEntry[]> {
  const tables =
    wanted.tableId === 0
      ? [...pipeline.info.tables.values()].filter((table) => has(kind, table))
      : [tableWith(kind, pipeline, wanted)];
  const { match, priority, isDefaultAction } = wanted;
  for (const table of tables) {
    const request = { ...emptyEntry(table.id), match, priority, isDefaultAction, ...asked };
    let count = 0;
    for await (const entities of readTableEntries(pipeline, dataplane, request)) {
      count += entities.length;
      yield entities.map(asTableEntry);
    }
    if (match.length > 0 && count === 0)
      throw new RpcError('NOT_FOUND', `table ${table.name}: no such entry`);
  }
}

/** What of an entry says which it is. */
export function keyOf(entry: TableEntry): TableEntry {
  return {
    ...entry,
    action: undefined,
    counterData: undefined,
    meterConfig: undefined,
    meterCounterData: undefined,
    idleTimeoutNs: 0n,
  };
}

function has(kind: DirectKind, table: TableSpec): boolean {
  return (kind === 'counter' ? table.direct_counter : table.direct_meter) !== undefined;
}

function asTableEntry({ entity }: Entity): TableEntry {
  if (entity?.$case !== 'tableEntry') throw new RpcError('INTERNAL', 'a table read gave something else');
  return entity.value;
}
