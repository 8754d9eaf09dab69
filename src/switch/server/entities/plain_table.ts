import { limbCount, topLimbMax } from '../../runtime/limbs';
import type { RowTable } from '../../tables/entry_rows';
import { MatchFormat } from '../../tables/match';
import type { ActionSpec, MatchKind, TableSpec } from '../p4info';

export const PRIORITY_MAX = 2 ** 31 - 1;
/** Keys or parameters whose presence fits the bits of a number. */
const FIELDS_MAX = 31;

/** A value in limbs within a row. */
export interface PlainField {
  /** Tells it from the others of its entry or action. */
  bit: number;
  limbs: number;
  /** The largest first limb. */
  top_max: number;
  /** From the start of the match, or of the arguments. */
  value_at: number;
}

export interface PlainKey extends PlainField {
  kind: MatchKind;
  width: number;
  /** Where the mask, prefix length or high end is; not for exact. */
  extra_at: number;
}

export interface PlainAction {
  /** In the row's table. */
  place: number;
  limbs: number;
  params: ReadonlyMap<number, PlainField>;
  /** The bits of all parameters. */
  required: number;
}

/** A table as rows have it. */
export interface PlainTable {
  rows: RowTable;
  /** By field id. */
  keys: ReadonlyMap<number, PlainKey>;
  /** The bits of keys that must be there. */
  required: number;
  /** -1: entries have no priority. */
  priority_at: number;
  /** A match of nothing but "don't care". */
  blank: Uint32Array;
  /** Those that entries may use, by id. */
  actions: ReadonlyMap<number, PlainAction>;
  argument_limbs_max: number;
}

/** undefined: the table's entries are more than rows can say, or cannot be written at all. */
export function plainTable(table: TableSpec): PlainTable | undefined {
  const { keys, profile, is_const } = table;
  const actions = [...table.actions.values()].flatMap(({ action, in_entries }) =>
    in_entries ? [action] : [],
  );
  const widths = [keys, ...actions.map(({ params }) => params)];
  if (profile !== undefined || is_const || keys.length === 0) return undefined;
  if (widths.some((fields) => fields.length > FIELDS_MAX || fields.some((field) => field.width_bits === 0)))
    return undefined;
  const format = new MatchFormat(
    table.label,
    // As p4c's JSON has it.
    keys.map(({ name, kind, width_bits }) => ({
      name,
      kind: kind === 'optional' ? 'ternary' : kind,
      width: width_bits,
    })),
  );
  const blank = new Uint32Array(format.stride);
  const plain_keys = keys.map(({ id, kind, width_bits }, i): [number, PlainKey] => {
    const part = format.parts[i];
    if (part === undefined) throw new RangeError(`${table.label} has no part ${i}`);
    const { limbs, value_at, extra_at } = part;
    const top_max = topLimbMax(width_bits);
    if (kind === 'range') {
      blank.fill(0xffffffff, extra_at, extra_at + limbs);
      blank[extra_at] = top_max;
    }
    return [id, { bit: 1 << i, kind, width: width_bits, limbs, top_max, value_at, extra_at }];
  });
  const plain_actions = actions.map((action, i): [number, PlainAction] => [
    action.id,
    plainAction(action, i),
  ]);
  return {
    rows: {
      name: table.name,
      stride: format.stride,
      actions: plain_actions.map(([, { limbs }], i) => ({ name: actions[i]?.name ?? '', limbs })),
    },
    keys: new Map(plain_keys),
    required: plain_keys.reduce((bits, [, { kind, bit }]) => (kind === 'exact' ? bits | bit : bits), 0),
    priority_at: format.priority_at,
    blank,
    actions: new Map(plain_actions),
    argument_limbs_max: Math.max(0, ...plain_actions.map(([, { limbs }]) => limbs)),
  };
}

function plainAction({ params }: ActionSpec, place: number): PlainAction {
  let limbs = 0;
  const fields = params.map(({ id, width_bits }, i): [number, PlainField] => {
    const field = {
      bit: 1 << i,
      limbs: limbCount(width_bits),
      top_max: topLimbMax(width_bits),
      value_at: limbs,
    };
    limbs += field.limbs;
    return [id, field];
  });
  return {
    place,
    limbs,
    params: new Map(fields),
    required: fields.reduce((bits, [, { bit }]) => bits | bit, 0),
  };
}
