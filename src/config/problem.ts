/** Keys and indexes from the top of the file to a value. */
export type KeyPath = readonly (string | number)[];

/** As `found`: the value as the file has it, where what was made of it is nobody's words. */
export const AS_WRITTEN = Symbol('as written');

/** A mistake, before anyone has looked up where in the text it stands. */
export interface Problem {
  path: KeyPath;
  /** Point at the key rather than at its value. */
  at?: 'key' | 'value';
  /** The value as configured; undefined if there is none; or AS_WRITTEN. */
  found: unknown;
  expected: string;
}

/** Such as `virtual_stores[0].pools[0].name`. */
export function formatPath(path: KeyPath): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
}

const SHOWN_LENGTH_MAX = 60;

/** A value as an error message shows it, on one line. */
export function formatFound(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}...` : text;
}

/** What the file has at `path`; undefined if there is nothing. */
export function valueAt(data: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    data,
  );
}
