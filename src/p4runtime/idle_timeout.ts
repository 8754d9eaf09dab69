/** Entries that were not hit for their idle timeout (specification, "Table Idle Timeout Notification"). */
import type { IdleTimeoutNotification } from 'p4runtime-js';
import type { P4Schema } from './p4info';
import { decodeTableEntry, type TableEntry } from './table_entry';

export interface IdleTimeout {
  /** Keys of entries the target still holds: removing them is the controller's to decide. */
  entries: TableEntry[];
  /** The target's clock. */
  timestamp_ns: bigint;
}

export function decodeIdleTimeout(schema: P4Schema, wire: IdleTimeoutNotification): IdleTimeout {
  return {
    entries: wire.tableEntry.map((entry) => decodeTableEntry(schema, entry)),
    timestamp_ns: wire.timestamp,
  };
}
