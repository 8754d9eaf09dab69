/**
 * Updates of table entries as words in one array, which crosses between threads whole: a bulk write of a hundred
 * thousand entries a second is no place for an object or a bigint for each value.
 *
 * A row is its length in words (the header counted), its kind, the place of its table in `tables` and of its action in
 * the table's `actions`, then the match as MatchFormat lays it out, then (except for delete) the arguments, each in
 * limbs of its own. It has no idle timeout, meter or counter value.
 */
export interface EntryRows {
  count: number;
  tables: RowTable[];
  words: Uint32Array;
}

export interface RowTable {
  name: string;
  /** Limbs of a match. */
  stride: number;
  actions: { name: string; limbs: number }[];
}

export const RowKind = { insert: 0, modify: 1, delete: 2 } as const;

/** Where in a row things are. */
export const RowAt = { length: 0, kind: 1, table: 2, action: 3, match: 4 } as const;

/** Does the row at `words[at]`. Throws EngineError: then nothing was changed. */
export type RowWriter = (words: Uint32Array, at: number) => void;
