/** Which stores the operator has drained, in a file, so that a restart of the controller does not undo it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

export interface RecordedDrain {
  /** When sessions that are left are reset, in milliseconds since 1970-01-01 UTC; undefined: they stay. */
  due_unix_ms: number | undefined;
}

/** By store. */
export type Drains = ReadonlyMap<string, RecordedDrain>;

const fileSchema = z.strictObject({
  version: z.literal(1),
  drained: z.array(z.string()),
  /** Of those of them that have one: RFC 3339, in UTC. */
  deadlines: z.record(z.string(), z.iso.datetime()).default({}),
});
const EXPECTED = '{"version":1,"drained":[...]}';

/** Empty without a file. Throws an Error that names the file if it cannot be understood. */
export function readDrains(file: string): Drains {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: found a text that is not JSON, expected ${EXPECTED}`, { cause: error });
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) throw new Error(`${file}: found ${text.slice(0, 80)}, expected ${EXPECTED}`);
  const { drained, deadlines } = parsed.data;
  return new Map(
    drained.map((store) => {
      const deadline = deadlines[store];
      return [store, { due_unix_ms: deadline === undefined ? undefined : Date.parse(deadline) }];
    }),
  );
}

/** Replaces the file in one step: whoever reads it finds the old content or the new. */
export function writeDrains(file: string, drains: Drains): void {
  const deadlines = [...drains].flatMap(([store, { due_unix_ms }]) =>
    due_unix_ms === undefined ? [] : [[store, new Date(due_unix_ms).toISOString()]],
  );
  const content: z.input<typeof fileSchema> = { version: 1, drained: [...drains.keys()] };
  if (deadlines.length > 0) content.deadlines = Object.fromEntries(deadlines) as Record<string, string>;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`);
  renameSync(`${file}.new`, file);
}
