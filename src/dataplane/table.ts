/** A table of the P4 program: its key and actions, typed, and its entries in comparable and in readable form. */
import { type ActionCall, formatMatch, type Match, type TableEntry } from '../p4runtime';
import { showValue, type Codec, type KeyField, type OptionalKeyField } from './field';

/* eslint-disable @typescript-eslint/no-explicit-any -- only in constraints, from which every type is inferred */
export type KeyFields = Record<string, KeyField<any>>;
type ActionParams = Record<string, Record<string, Codec<any>>>;
type ValueOf<F> = F extends KeyField<infer T> ? T : F extends Codec<infer T> ? T : never;

export type KeyOf<K extends KeyFields> = {
  [F in keyof K as K[F] extends OptionalKeyField<any> ? never : F]: ValueOf<K[F]>;
} & {
  [F in keyof K as K[F] extends OptionalKeyField<any> ? F : never]?: ValueOf<K[F]>;
};
/* eslint-enable @typescript-eslint/no-explicit-any */

export type ActionOf<A extends ActionParams> = {
  [Name in keyof A & string]: { name: Name; params: { [P in keyof A[Name]]: ValueOf<A[Name][P]> } };
}[keyof A & string];

/** One entry as it is written, with texts by which entries are the same or say the same. */
export interface Row {
  /** The table's short name. */
  table: string;
  /** Equal for entries of one table that cannot both be there. */
  key: string;
  /** Equal for entries that do the same. */
  value: string;
  entry: TableEntry;
}

/** Equal for rows that cannot both be there. */
export function rowName({ table, key }: Pick<Row, 'table' | 'key'>): string {
  return `${table} ${key}`;
}

export interface RowOptions {
  /** Larger wins; for tables with ternary fields only. */
  priority?: number;
  idle_timeout_ms?: number;
}

/** An entry in words. */
export interface ReadableRow {
  key: Record<string, string | number>;
  action: string;
  params: Record<string, string | number>;
  priority?: number;
  idle_timeout_ms?: number;
}

/** The name of a number, such as that of a store; undefined if it has none. */
export type NameLookup = (field: string, value: number) => string | undefined;

const NS_PER_MS = 1_000_000n;

export class Table<K extends KeyFields = KeyFields, A extends ActionParams = ActionParams> {
  constructor(
    /** The table's short name: its alias in the P4Info. */
    readonly name: string,
    /** In the order of the P4 source. */
    readonly key: K,
    /** By alias; without those that are only a default action. */
    readonly actions: A,
  ) {}

  row(key: KeyOf<K>, action: ActionOf<A>, options: RowOptions = {}): Row {
    const match: Match = {};
    for (const [name, field] of Object.entries(this.key)) {
      const value: unknown = (key as Record<string, unknown>)[name];
      const encoded = value === undefined ? undefined : field.encode(value);
      if (encoded !== undefined) match[name] = encoded;
    }
    const codecs: Record<string, Codec<unknown>> = this.actions[action.name] ?? {};
    const params = Object.entries(action.params as Record<string, unknown>).map(([name, value]) => [
      name,
      codecs[name]?.encode(value),
    ]);
    const entry: TableEntry = {
      table: this.name,
      match,
      action: { name: action.name, params: Object.fromEntries(params) as Record<string, bigint> },
    };
    if (options.priority !== undefined) entry.priority = options.priority;
    if (options.idle_timeout_ms !== undefined) {
      entry.idle_timeout_ns = BigInt(Math.round(options.idle_timeout_ms)) * NS_PER_MS;
    }
    return this.rowOf(entry);
  }

  /** Of an entry of this table, whoever wrote it. */
  rowOf(entry: TableEntry): Row {
    const call = this.#call(entry);
    // In the order of the source, as targets may send parameters in another.
    const names = call === undefined ? [] : Object.keys(this.actions[call.name] ?? call.params);
    const params = names.map((name) => `${name}=${call?.params[name]}`);
    return {
      table: this.name,
      key: `${formatMatch(entry.match)} ${entry.priority ?? 0}`,
      value: `${call?.name}(${params.join(', ')}) ${entry.idle_timeout_ns ?? 0n}`,
      entry,
    };
  }

  /** Undefined where the entry holds numbers that stand for nothing. */
  readKey(entry: TableEntry): KeyOf<K> | undefined {
    const key: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(this.key)) {
      const match = entry.match[name];
      if (match === undefined && 'optional' in field) continue;
      const value: unknown = field.decode(match);
      if (value === undefined) return undefined;
      key[name] = value;
    }
    return key as KeyOf<K>;
  }

  /** Undefined where the action is none of the table's, or holds numbers that stand for nothing. */
  readAction(entry: TableEntry): ActionOf<A> | undefined {
    const call = this.#call(entry);
    const codecs = call === undefined ? undefined : this.actions[call.name];
    if (call === undefined || codecs === undefined) return undefined;
    const params: Record<string, unknown> = {};
    for (const [name, codec] of Object.entries(codecs)) {
      const value = call.params[name];
      const decoded: unknown = value === undefined ? undefined : codec.decode(value);
      if (decoded === undefined) return undefined;
      params[name] = decoded;
    }
    return { name: call.name, params } as ActionOf<A>;
  }

  readable(entry: TableEntry, nameOf: NameLookup = () => undefined): ReadableRow {
    const named = (field: string, value: string | number): string | number =>
      (typeof value === 'number' ? nameOf(field, value) : undefined) ?? value;
    const key = Object.entries(this.key).map(([name, field]): [string, string | number] => {
      const match = entry.match[name];
      return [name, match === undefined ? '*' : named(name, field.show(match))];
    });
    const call = this.#call(entry);
    const params = Object.entries(call?.params ?? {}).map(([name, value]): [string, string | number] => {
      const codec = call === undefined ? undefined : this.actions[call.name]?.[name];
      return [name, named(name, codec === undefined ? Number(value) : showValue(codec, value))];
    });
    return {
      key: Object.fromEntries(key),
      action: call?.name ?? 'none',
      params: Object.fromEntries(params),
      ...(entry.priority !== undefined && { priority: entry.priority }),
      ...(entry.idle_timeout_ns !== undefined && {
        idle_timeout_ms: Number(entry.idle_timeout_ns / NS_PER_MS),
      }),
    };
  }

  /** The entry's action under its alias: targets send the fully qualified name. */
  #call(entry: TableEntry): ActionCall | undefined {
    const { action } = entry;
    if (action === undefined || !('name' in action)) return undefined;
    const alias = Object.keys(this.actions).find(
      (name) => action.name === name || action.name.endsWith(`.${name}`),
    );
    return { name: alias ?? action.name, params: action.params };
  }
}
