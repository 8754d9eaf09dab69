/** Makes a target hold what it should, writing only what differs: so a restarted controller disturbs nothing. */
import type { Client } from './client';
import { diff, type CurrentState, type DesiredState } from './diff';
import type { UpdateType } from './entities';

export interface ReconcileCounts {
  inserted: number;
  modified: number;
  deleted: number;
  unchanged: number;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads what `desired` manages. Rejects as reads do. */
export async function readCurrent(client: Client, desired: DesiredState): Promise<CurrentState> {
  const current: CurrentState = { tables: {} };
  for (const [table, entries] of Object.entries(desired.tables)) {
    const defaults = entries.some((entry) => entry.is_default === true);
    const meters = entries.some((entry) => entry.meter !== undefined);
    current.tables[table] = await collect(client.readTable(table, { defaults, meters }));
  }
  if (desired.multicast_groups) current.multicast_groups = await collect(client.readMulticastGroups());
  if (desired.clone_sessions) current.clone_sessions = await collect(client.readCloneSessions());
  return current;
}

/** Read, compare, write. Rejects as reads and writes do; it can be repeated. */
export async function reconcile(client: Client, desired: DesiredState): Promise<ReconcileCounts> {
  const current = await readCurrent(client, desired);
  const { updates, unchanged } = diff(client.p4info, current, desired);
  await client.write(updates);
  const count = (type: UpdateType) => updates.filter((update) => update.type === type).length;
  return { inserted: count('insert'), modified: count('modify'), deleted: count('delete'), unchanged };
}
