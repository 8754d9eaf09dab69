/** What has to be written so that a target holds what it should: a pure function of the two. */
import { PacketReplicationEngineEntry, TableEntry as WireTableEntry } from 'p4runtime-js';
import { decodeActionCall } from './action';
import { formatEntity, type Entity, type Update } from './entities';
import { EncodingError } from './errors';
import type { P4Schema } from './p4info';
import {
  compareReplicas,
  encodeCloneSession,
  encodeMulticastGroup,
  type CloneSession,
  type MulticastGroup,
} from './replication';
import { encodeTableEntry, wireKeyText, type TableEntry, type TableEntryState } from './table_entry';

/**
 * What a target should hold. What is absent here is not ours and left alone: other tables, default actions not
 * listed, const entries, and groups or sessions where the list is undefined.
 */
export interface DesiredState {
  /**
   * Table -> all its entries, and its default action if it is to be managed. A table whose entries refer to another
   * one's comes after it: what is referred to is inserted first and deleted last.
   */
  tables: Record<string, readonly TableEntry[]>;
  multicast_groups?: readonly MulticastGroup[];
  clone_sessions?: readonly CloneSession[];
}

/** The same, as read: tables with counters or idle times do no harm. */
export interface CurrentState {
  tables: Record<string, readonly TableEntryState[]>;
  multicast_groups?: readonly MulticastGroup[];
  clone_sessions?: readonly CloneSession[];
}

export interface Difference {
  /** In the order to write them. */
  updates: Update[];
  unchanged: number;
}

/** `key` tells entries apart and orders them, `body` is all that is written. */
interface Item {
  key: string;
  body: string;
  entity: Entity;
}

interface Changes {
  inserts: Update[];
  modifies: Update[];
  deletes: Update[];
  unchanged: number;
}

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

function compare(current: Item[], desired: Item[]): Changes {
  const by_key = new Map(current.map((item) => [item.key, item]));
  const changes: Changes = { inserts: [], modifies: [], deletes: [], unchanged: 0 };
  const order = (items: Iterable<Item>) =>
    [...items].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const seen = new Set<string>();
  for (const { key, body, entity } of order(desired)) {
    if (seen.has(key)) throw new EncodingError(formatEntity(entity), 'key', 'is there twice');
    seen.add(key);
    const now = by_key.get(key);
    by_key.delete(key);
    if (now === undefined) {
      // A default action always exists: a target that does not tell it is told.
      const is_default = 'table' in entity && entity.is_default === true;
      if (is_default) changes.modifies.push({ type: 'modify', entity });
      else changes.inserts.push({ type: 'insert', entity });
    } else if (now.body === body) changes.unchanged += 1;
    else changes.modifies.push({ type: 'modify', entity });
  }
  changes.deletes = order(by_key.values()).map(({ entity }) => ({ type: 'delete', entity }));
  return changes;
}

/** A default action without action stands for the program's own. */
function withAction(schema: P4Schema, entry: TableEntry): TableEntry {
  if (entry.action !== undefined) return entry;
  const { info, name } = schema.tables.get(entry.table);
  const initial = info.initialDefaultAction;
  if (entry.is_default !== true || initial === undefined) {
    throw new EncodingError(`table ${name}`, 'action', 'missing');
  }
  const wire = { actionId: initial.actionId, params: initial.arguments };
  return { ...entry, action: decodeActionCall(schema, wire) };
}

function tableItem(schema: P4Schema, entry: TableEntry, is_desired: boolean): Item {
  const complete = is_desired ? withAction(schema, entry) : entry;
  const use = complete.is_default === true ? 'modify' : 'insert';
  const wire = encodeTableEntry(schema, complete, use);
  // Which one-shot action comes first has no meaning, and targets need not keep it.
  if (wire.action?.type?.$case === 'actionProfileActionSet') {
    wire.action.type.value.actionProfileActions.sort((a, b) => {
      const [left, right] = [a, b].map((member) => JSON.stringify(member, jsonBigint));
      return (left ?? '') < (right ?? '') ? -1 : 1;
    });
  }
  const body = WireTableEntry.encode({ ...wire, tableId: 0, match: [], priority: 0 }).finish();
  return { key: wireKeyText(wire), body: hex(body), entity: complete };
}

function jsonBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function tableChanges(
  schema: P4Schema,
  current: readonly TableEntryState[],
  desired: readonly TableEntry[],
): Changes {
  const wants_default = desired.some((entry) => entry.is_default === true);
  const wants_meters = desired.some((entry) => entry.meter !== undefined);
  const ours = current.filter(
    (entry) => entry.is_const !== true && (entry.is_default !== true || wants_default),
  );
  return compare(
    ours.map(({ table, match, priority, action, is_default, idle_timeout_ns, metadata, meter }) =>
      tableItem(
        schema,
        {
          table,
          match,
          ...(priority !== undefined && { priority }),
          ...(action !== undefined && { action }),
          ...(is_default !== undefined && { is_default }),
          ...(idle_timeout_ns !== undefined && { idle_timeout_ns }),
          ...(metadata !== undefined && { metadata }),
          ...(wants_meters && meter !== undefined && { meter }),
        },
        false,
      ),
    ),
    desired.map((entry) => tableItem(schema, entry, true)),
  );
}

function groupItem(group: MulticastGroup): Item {
  const replicas = [...group.replicas].sort(compareReplicas);
  const body = PacketReplicationEngineEntry.encode(encodeMulticastGroup({ ...group, replicas })).finish();
  return { key: idKey(group.multicast_group), body: hex(body), entity: group };
}

function sessionItem(session: CloneSession): Item {
  const replicas = [...session.replicas].sort(compareReplicas);
  const body = PacketReplicationEngineEntry.encode(encodeCloneSession({ ...session, replicas })).finish();
  return { key: idKey(session.clone_session), body: hex(body), entity: session };
}

const idKey = (id: number): string => id.toString().padStart(10, '0');

const NO_CHANGES: Changes = { inserts: [], modifies: [], deletes: [], unchanged: 0 };

/**
 * Deterministic. Groups and sessions first, as entries refer to them; then in the tables deletes, modifies, inserts;
 * last the groups and sessions nothing refers to any more. Throws EncodingError for entries that do not fit the
 * P4Info or are there twice.
 */
export function diff(schema: P4Schema, current: CurrentState, desired: DesiredState): Difference {
  const tables = Object.entries(desired.tables).map(([table, entries]) => {
    const { name } = schema.tables.get(table);
    for (const entry of entries) {
      if (schema.tables.get(entry.table).name !== name) {
        throw new EncodingError(`table ${name}`, 'table', `listed here is an entry of ${entry.table}`);
      }
    }
    return tableChanges(schema, current.tables[table] ?? [], entries);
  });
  const groups = desired.multicast_groups
    ? compare((current.multicast_groups ?? []).map(groupItem), desired.multicast_groups.map(groupItem))
    : NO_CHANGES;
  const sessions = desired.clone_sessions
    ? compare((current.clone_sessions ?? []).map(sessionItem), desired.clone_sessions.map(sessionItem))
    : NO_CHANGES;
  const replication = [groups, sessions];
  return {
    updates: [
      ...replication.flatMap(({ modifies }) => modifies),
      ...replication.flatMap(({ inserts }) => inserts),
      ...[...tables].reverse().flatMap(({ deletes }) => deletes),
      ...tables.flatMap(({ modifies }) => modifies),
      ...tables.flatMap(({ inserts }) => inserts),
      ...replication.flatMap(({ deletes }) => deletes),
    ],
    unchanged: [...tables, ...replication].reduce((sum, { unchanged }) => sum + unchanged, 0),
  };
}
