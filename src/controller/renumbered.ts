/**
 * Numbers that mean something else than before, as a configuration with other names gives them: ids.ts. Until the last entry of
 * the old meaning has gone, an entry of the new one leads its requests astray: a service to another one's pool, a pool to another
 * one's stores.
 */
import { capability } from '../dataplane/capability';
import { exportTable } from '../dataplane/export';
import { sender } from '../dataplane/sender';
import { sessionPin } from '../dataplane/session_pin';
import { store } from '../dataplane/store';
import { rowName, type Row } from '../dataplane/table';
import { virtualService } from '../dataplane/virtual_service';

type Rows = ReadonlyMap<string, Row>;
type TablesOfRows = ReadonlyMap<string, Rows>;

/** Which number an entry says, by its action's parameter. */
const MENTIONS = [
  { what: 'service_id', tables: [virtualService.name] },
  { what: 'export_id', tables: [exportTable.name] },
  { what: 'pool_id', tables: [virtualService.name, capability.name] },
  { what: 'store_id', tables: [sender.name] },
] as const;
type What = (typeof MENTIONS)[number]['what'];
/** Tables whose entries count for one service each. */
const OF_SERVICES = [
  ['export_id', exportTable],
  ['pool_id', capability],
] as const;

/**
 * Names, as `rowName` has them, of entries that go before all others and come after all others: they are the doors through which
 * packets reach what is renumbered. Empty where no number changes its meaning.
 */
export function renumberedRows(present: TablesOfRows, wanted: TablesOfRows): Set<string> {
  const changed = new Map<What, Set<number>>();
  for (const { what, tables } of MENTIONS) changed.set(what, renumbered(what, tables, present, wanted));
  const doors = new Set<string>();
  if ([...changed.values()].every(({ size }) => size === 0)) return doors;
  const mentionsChanged = (what: What, row: Row): boolean => isIn(changed.get(what), mentioned(what, row));
  for (const row of rowsOf(store.name, present, wanted)) {
    if (isIn(changed.get('store_id'), store.readKey(row.entry)?.store_id)) doors.add(rowName(row));
  }
  for (const row of rowsOf(sessionPin.name, present)) {
    if (mentionsChanged('store_id', row) && isChanged(row, present, wanted)) doors.add(rowName(row));
  }
  // By services, never by a single capability: without it, a less specific one would count.
  const services = new Set(changed.get('service_id'));
  for (const [what, table] of OF_SERVICES) {
    for (const row of rowsOf(table.name, present, wanted)) {
      const service_id = table.readKey(row.entry)?.service_id;
      if (service_id !== undefined && mentionsChanged(what, row)) services.add(service_id);
    }
  }
  for (const row of rowsOf(virtualService.name, present, wanted)) {
    const is_pool = mentionsChanged('pool_id', row) && isChanged(row, present, wanted);
    if (is_pool || isIn(services, mentioned('service_id', row))) doors.add(rowName(row));
  }
  return doors;
}

/** Those that some entry says no more, and another one says now. */
function renumbered(
  what: What,
  tables: readonly string[],
  present: TablesOfRows,
  wanted: TablesOfRows,
): Set<number> {
  const left = new Set<number>();
  const come = new Set<number>();
  for (const table of tables) {
    for (const { key } of rowsOf(table, present, wanted)) {
      const before = mentioned(what, present.get(table)?.get(key));
      const after = mentioned(what, wanted.get(table)?.get(key));
      if (before === after) continue;
      if (before !== undefined) left.add(before);
      if (after !== undefined) come.add(after);
    }
  }
  return new Set([...left].filter((number) => come.has(number)));
}

function* rowsOf(table: string, ...both: readonly TablesOfRows[]): Iterable<Row> {
  for (const tables of both) yield* tables.get(table)?.values() ?? [];
}

function isIn(numbers: ReadonlySet<number> | undefined, number: number | undefined): boolean {
  return number !== undefined && numbers?.has(number) === true;
}

function isChanged({ table, key }: Row, present: TablesOfRows, wanted: TablesOfRows): boolean {
  return present.get(table)?.get(key)?.value !== wanted.get(table)?.get(key)?.value;
}

function mentioned(what: What, row: Row | undefined): number | undefined {
  const { action } = row?.entry ?? {};
  if (action === undefined || !('params' in action)) return undefined;
  const value = action.params[what];
  return value === undefined ? undefined : Number(value);
}
