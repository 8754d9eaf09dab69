/** Holds plain data against the schema, and puts zod's issues in the words of a configuration. */
import type { z } from 'zod';
import { closest } from './closest';
import type { KeyPath, Problem } from './problem';
import { configSchema, type ConfigShape } from './schema';

export type ShapeResult = { shape: ConfigShape } | { problems: Problem[] };

export function parseShape(data: unknown): ShapeResult {
  const result = configSchema.safeParse(data, { reportInput: true, error: structuralMessage });
  return result.success ? { shape: result.data } : { problems: result.error.issues.flatMap(toProblems) };
}

/** The expected text of what has none of its own in the schema; for unknown keys, the known ones. */
function structuralMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys') return knownKeys(issue.inst).join(', ');
  if (issue.code !== 'invalid_type') return undefined;
  return issue.expected === 'array' ? 'a list' : 'a mapping';
}

function knownKeys(schema: unknown): string[] {
  const { def } = (schema as z.core.$ZodObject)._zod;
  return Object.keys(def.shape);
}

function toProblems(issue: z.core.$ZodIssue): Problem[] {
  const path = toKeyPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(', ');
    return issue.keys.map((key) => unknownKey([...path, key], key, known));
  }
  if (issue.code === 'invalid_union') {
    // The form that was meant is the one whose outermost type fits; its own issues say more.
    const meant = issue.errors.filter((issues) => !issues.some(isOutermostMismatch));
    if (meant.length === 1 && meant[0] !== undefined) {
      return meant[0].flatMap((inner) => toProblems({ ...inner, path: [...issue.path, ...inner.path] }));
    }
  }
  return [{ path, found: issue.input, expected: issue.message }];
}

function isOutermostMismatch(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function unknownKey(path: KeyPath, key: string, known: readonly string[]): Problem {
  const suggestion = closest(key, known);
  const hint = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`;
  return { path, at: 'key', found: key, expected: `a known key: ${known.join(', ')}${hint}` };
}

function toKeyPath(path: readonly PropertyKey[]): KeyPath {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}
