import type { TableEntryState } from '../../../src/switch';
import type { Dataplane } from '../../../src/switch/worker/dataplane';
import { readTable } from '../../../src/switch/worker/table_read';

export async function allEntries(dataplane: Dataplane, table: string): Promise<TableEntryState[]> {
  const entries: TableEntryState[] = [];
  for await (const piece of readTable(dataplane, table)) entries.push(...piece);
  return entries;
}
