import { Update_Type } from 'p4runtime-js';
import { RowAt, RowKind, type EntryRows } from '../../tables/entry_rows';
import type { P4InfoIndex } from '../p4info';
import { ProtobufScanner, ScanError } from '../protobuf_scanner';
import type { EncodedUpdates } from '../write_request';
import { plainTable, PRIORITY_MAX, type PlainField, type PlainTable } from './plain_table';

/** Field numbers of p4runtime.proto with their wire types. */
const Tag = {
  update: { type: 0x08, entity: 0x12 },
  entity: { table_entry: 0x12 },
  table_entry: { table_id: 0x08, match: 0x12, action: 0x1a, priority: 0x20 },
  match: { field_id: 0x08, exact: 0x12, ternary: 0x1a, lpm: 0x22, range: 0x32, optional: 0x3a },
  /** Of every kind of match: its first field is a byte string. */
  first: 0x0a,
  second_bytes: 0x12,
  prefix_len: 0x10,
  table_action: { action: 0x0a },
  action: { action_id: 0x08, param: 0x22 },
  param: { param_id: 0x10, value: 0x1a },
} as const;

const ROW_KINDS: ReadonlyMap<number, number> = new Map([
  [Update_Type.INSERT, RowKind.insert],
  [Update_Type.MODIFY, RowKind.modify],
  [Update_Type.DELETE, RowKind.delete],
]);
const NO_ACTION = -1;

const NOT_PLAIN = new ScanError('more than a plain entry');

/**
 * The short way of a bulk write: updates of plain table entries (a valid match, priority and action, and nothing
 * else), from their bytes to rows without an object between. Whatever else an update may be, in doubt also whatever
 * is wrong with it, is not for here but for `prepareTableEntry`, which knows what to say about it.
 */
export class PlainEntries {
  private readonly tables: ReadonlyMap<number, PlainTable>;
  private readonly scan = new ProtobufScanner(new Uint8Array(0), 0, 0);
  private words = new Uint32Array(4096);
  /** Where the row under way begins. */
  private row = 0;
  private table: PlainTable | undefined;
  /** The action of the row under way: how many words its arguments have, or NO_ACTION. */
  private argument_words = NO_ACTION;
  /** Tables of the rows so far, and their places. */
  private readonly places = new Map<PlainTable, number>();

  constructor(info: P4InfoIndex) {
    this.tables = new Map(
      [...info.tables].flatMap(([id, table]) => {
        const plain = plainTable(table);
        return plain === undefined ? [] : [[id, plain] as const];
      }),
    );
  }

  /** undefined: not every update is a plain entry. */
  rowsOf(updates: EncodedUpdates): EntryRows | undefined {
    this.row = 0;
    this.places.clear();
    this.scan.bytes = updates.bytes;
    try {
      for (let i = 0; i < updates.count; i++) this.update(updates.start(i), updates.end(i));
    } catch (error) {
      if (error instanceof ScanError) return undefined;
      throw error;
    }
    return {
      count: updates.count,
      tables: [...this.places.keys()].map(({ rows }) => rows),
      words: this.words.slice(0, this.row),
    };
  }

  private update(start: number, end: number): void {
    const { scan } = this;
    scan.at = start;
    scan.end = end;
    this.table = undefined;
    let kind: number | undefined;
    while (scan.at < end) {
      const tag = scan.varint();
      if (tag === Tag.update.type) kind = ROW_KINDS.get(scan.varint());
      else if (tag === Tag.update.entity && this.table === undefined) {
        const entity_end = scan.length();
        if (scan.varint() !== Tag.entity.table_entry) throw NOT_PLAIN;
        this.tableEntry(this.enter(entity_end));
        this.leave(entity_end);
      } else throw NOT_PLAIN;
    }
    const table = this.table as PlainTable | undefined;
    if (kind === undefined || table === undefined) throw NOT_PLAIN;
    const { words, row } = this;
    let length = RowAt.match + table.rows.stride;
    if (kind !== RowKind.delete) {
      if (this.argument_words === NO_ACTION) throw NOT_PLAIN;
      length += this.argument_words;
    }
    words[row + RowAt.length] = length;
    words[row + RowAt.kind] = kind;
    this.row += length;
  }

  private tableEntry(end: number): void {
    const { scan } = this;
    if (scan.varint() !== Tag.table_entry.table_id) throw NOT_PLAIN;
    const table = this.tables.get(scan.varint());
    if (table === undefined) throw NOT_PLAIN;
    this.begin(table);
    let seen = 0;
    let priority = 0;
    while (scan.at < end) {
      const tag = scan.varint();
      if (tag === Tag.table_entry.match) {
        const bit = this.match(table, this.enter(end));
        if ((seen & bit) !== 0) throw NOT_PLAIN;
        seen |= bit;
      } else if (tag === Tag.table_entry.action && this.argument_words === NO_ACTION) {
        this.tableAction(table, this.enter(end));
      } else if (tag === Tag.table_entry.priority) priority = scan.varint();
      else throw NOT_PLAIN;
    }
    this.leave(end);
    if ((seen & table.required) !== table.required) throw NOT_PLAIN;
    if (table.priority_at < 0) {
      if (priority !== 0) throw NOT_PLAIN;
    } else {
      if (priority === 0 || priority > PRIORITY_MAX) throw NOT_PLAIN;
      this.words[this.row + RowAt.match + table.priority_at] = priority;
    }
  }

  private begin(table: PlainTable): void {
    const needed = this.row + RowAt.match + table.blank.length + table.argument_limbs_max;
    if (needed > this.words.length) {
      const { words } = this;
      this.words = new Uint32Array(Math.max(needed, words.length * 2));
      this.words.set(words);
    }
    let place = this.places.get(table);
    if (place === undefined) this.places.set(table, (place = this.places.size));
    const { words, row } = this;
    words[row + RowAt.table] = place;
    words[row + RowAt.action] = 0;
    const { blank } = table;
    for (let i = 0; i < blank.length; i++) words[row + RowAt.match + i] = blank[i] as number;
    this.table = table;
    this.argument_words = NO_ACTION;
  }

  /** The key's bit. */
  private match(table: PlainTable, end: number): number {
    const { scan, words } = this;
    if (scan.varint() !== Tag.match.field_id) throw NOT_PLAIN;
    const key = table.keys.get(scan.varint());
    if (key === undefined || scan.varint() !== Tag.match[key.kind]) throw NOT_PLAIN;
    const inner_end = this.enter(end);
    const at = this.row + RowAt.match + key.value_at;
    const extra_at = this.row + RowAt.match + key.extra_at;
    const { limbs } = key;
    this.bits(key, Tag.first, at, inner_end);
    switch (key.kind) {
      case 'exact':
        break;
      case 'optional':
        for (let i = 0; i < limbs; i++) words[extra_at + i] = i === 0 ? key.top_max : 0xffffffff;
        break;
      case 'ternary': {
        this.bits(key, Tag.second_bytes, extra_at, inner_end);
        let any = 0;
        for (let i = 0; i < limbs; i++) {
          const mask = words[extra_at + i] as number;
          any |= mask;
          if (((words[at + i] as number) & ~mask) !== 0) throw NOT_PLAIN;
        }
        if (any === 0) throw NOT_PLAIN;
        break;
      }
      case 'lpm': {
        if (scan.varint() !== Tag.prefix_len) throw NOT_PLAIN;
        const prefix_length = scan.varint();
        if (prefix_length === 0 || prefix_length > key.width) throw NOT_PLAIN;
        let low_bits = key.width - prefix_length;
        for (let i = limbs - 1; low_bits > 0; i--, low_bits -= 32) {
          const beyond = low_bits >= 32 ? 0xffffffff : (1 << low_bits) - 1;
          if (((words[at + i] as number) & beyond) !== 0) throw NOT_PLAIN;
        }
        words[extra_at] = prefix_length;
        break;
      }
      case 'range': {
        this.bits(key, Tag.second_bytes, extra_at, inner_end);
        let is_full = true;
        let order = 0;
        for (let i = 0; i < limbs; i++) {
          const low = words[at + i] as number;
          const high = words[extra_at + i] as number;
          if (order === 0) order = low - high;
          if (low !== 0 || high !== (i === 0 ? key.top_max : 0xffffffff)) is_full = false;
        }
        if (order > 0 || is_full) throw NOT_PLAIN;
      }
    }
    this.leave(inner_end);
    this.leave(end);
    return key.bit;
  }

  private tableAction(table: PlainTable, end: number): void {
    const { scan } = this;
    if (scan.varint() !== Tag.table_action.action) throw NOT_PLAIN;
    const action_end = this.enter(end);
    if (scan.varint() !== Tag.action.action_id) throw NOT_PLAIN;
    const action = table.actions.get(scan.varint());
    if (action === undefined) throw NOT_PLAIN;
    const args_at = this.row + RowAt.match + table.blank.length;
    let seen = 0;
    while (scan.at < action_end) {
      if (scan.varint() !== Tag.action.param) throw NOT_PLAIN;
      const param_end = this.enter(action_end);
      if (scan.varint() !== Tag.param.param_id) throw NOT_PLAIN;
      const param = action.params.get(scan.varint());
      if (param === undefined || (seen & param.bit) !== 0) throw NOT_PLAIN;
      seen |= param.bit;
      this.bits(param, Tag.param.value, args_at + param.value_at, param_end);
      this.leave(param_end);
    }
    if (seen !== action.required) throw NOT_PLAIN;
    this.leave(action_end);
    this.leave(end);
    this.words[this.row + RowAt.action] = action.place;
    this.argument_words = action.limbs;
  }

  /** A byte string: big-endian, any number of leading zeros, at least one byte. */
  private bits({ limbs, top_max }: PlainField, tag: number, to: number, message_end: number): void {
    const { scan, words } = this;
    if (scan.varint() !== tag) throw NOT_PLAIN;
    const end = this.enter(message_end);
    const { bytes } = scan;
    let start = scan.at;
    if (start === end) throw NOT_PLAIN;
    while (start < end && bytes[start] === 0) start++;
    if (end - start > limbs * 4) throw NOT_PLAIN;
    let at = end;
    for (let i = to + limbs - 1; i >= to; i--) {
      let word = 0;
      for (let shift = 0; shift < 32 && at > start; shift += 8) word |= (bytes[--at] as number) << shift;
      words[i] = word;
    }
    if ((words[to] as number) > top_max) throw NOT_PLAIN;
    scan.at = end;
  }

  /** Into a delimited field of a message that ends at `limit`; where it ends. */
  private enter(limit: number): number {
    const end = this.scan.length();
    if (end > limit) throw NOT_PLAIN;
    return end;
  }

  /** Everything in a message was read, and nothing beyond. */
  private leave(end: number): void {
    if (this.scan.at !== end) throw NOT_PLAIN;
  }
}
