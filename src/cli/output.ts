/** What commands print on stdout: tables for people, one JSON document for programs. */
import Table from 'cli-table3';

/** One document, indented. Bigints become numbers, exact up to 2^53. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item),
    2,
  );
  process.stdout.write(`${text}\n`);
}

export type Cell = string | number | bigint | undefined;

/** Columns two spaces apart, without lines, so that other tools can cut them; numbers to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isNumber = (column: number): boolean =>
    rows.length > 0 &&
    rows.every((row) => typeof row[column] === 'number' || typeof row[column] === 'bigint');
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (isNumber(column) ? 'right' : 'left')),
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      right: '',
      'right-mid': '',
      mid: '',
      'mid-mid': '',
      middle: '  ',
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map((cell) => (cell === undefined ? '-' : String(cell))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export function printTable(head: readonly string[], rows: readonly (readonly Cell[])[]): void {
  printLine(formatTable(head, rows));
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Such as `85 us`, `1.25 ms`, `2.10 s`: three digits, as far as they say something. */
export function formatMicroseconds(time_us: number): string {
  const [value, unit] =
    time_us < 1000 ? [time_us, 'us'] : time_us < 1e6 ? [time_us / 1000, 'ms'] : [time_us / 1e6, 's'];
  const digits = unit === 'us' || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** Such as `350 ms`, `12 s`, `5 min`, `3 h`, `2 d`: the largest unit that is at least 1. */
export function formatDuration(duration_ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  for (const [unit, unit_ms] of units) {
    if (duration_ms >= unit_ms) return `${Math.floor(duration_ms / unit_ms)} ${unit}`;
  }
  return `${Math.round(duration_ms)} ms`;
}
