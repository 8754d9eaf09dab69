/** The controller's entries as the engine takes them: the P4Runtime server's work, without its sockets. */
import type { KeyFieldInfo, P4Schema, TableEntry as ControllerEntry } from '../p4runtime';
import type { MatchValue, TableEntry } from '../switch';

/** `table` and the action are fully qualified. Throws P4InfoMismatchError for a table the program does not have. */
export function engineEntry(schema: P4Schema, entry: ControllerEntry): { table: string; entry: TableEntry } {
  const table = schema.tables.get(entry.table);
  return {
    table: table.name,
    entry: {
      match: table.key.map((field) => matchOf(field, entry)),
      priority: entry.priority ?? 0,
      action: actionOf(schema, entry),
      idle_timeout_ns: entry.idle_timeout_ns ?? 0n,
    },
  };
}

function matchOf(field: KeyFieldInfo, { table, match }: ControllerEntry): MatchValue {
  const given = match[field.name];
  if (given !== undefined) return given;
  switch (field.kind) {
    case 'lpm':
      return { kind: 'lpm', value: 0n, prefix_length: 0 };
    case 'ternary':
      return { kind: 'ternary', value: 0n, mask: 0n };
    case 'optional':
      return { kind: 'optional', value: undefined };
    case 'range':
      return { kind: 'range', low: 0n, high: (1n << BigInt(field.width_bits)) - 1n };
    case 'exact':
      throw new Error(`table ${table}: ${field.name}: an exact field may not be left out`);
  }
}

function actionOf(schema: P4Schema, { table, action }: ControllerEntry): TableEntry['action'] {
  if (action === undefined || !('name' in action)) throw new Error(`table ${table}: an entry without action`);
  const { name, params } = schema.actions.get(action.name);
  return {
    name,
    args: params.map((param) => {
      const value = action.params[param.name];
      if (value === undefined) throw new Error(`table ${table}: action ${name}: no ${param.name}`);
      return value;
    }),
  };
}
