/** Times as options have them: `500ms`, `10s`, `1min`, `2h`. */
const UNITS_MS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export type DurationUnit = keyof typeof UNITS_MS;

/** Undefined for what is no time. `bare_unit`: of a number without one; without it, a number needs one. */
export function parseDuration_ms(text: string, bare_unit?: DurationUnit): number | undefined {
  const [, digits, unit = bare_unit] = /^(\d{1,9})(ms|s|min|h|d)?$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * UNITS_MS[unit as DurationUnit];
}
