/** Which stores the operator has drained, in a file, so that a restart of the controller does not undo it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

interface DrainFile {
  version: 1;
  drained: string[];
}

/** Empty without a file. Throws an Error that names the file if it cannot be understood. */
export function readDrained(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  let content: Partial<DrainFile> | null;
  try {
    content = JSON.parse(text) as Partial<DrainFile> | null;
  } catch (error) {
    throw new Error(`${file}: found a text that is not JSON, expected {"version":1,"drained":[...]}`, {
      cause: error,
    });
  }
  const { version, drained } = content ?? {};
  if (version !== 1 || !Array.isArray(drained) || drained.some((name) => typeof name !== 'string')) {
    throw new Error(`${file}: found ${text.slice(0, 80)}, expected {"version":1,"drained":[...]}`);
  }
  return drained;
}

/** Replaces the file in one step: whoever reads it finds the old content or the new. */
export function writeDrained(file: string, drained: readonly string[]): void {
  const content: DrainFile = { version: 1, drained: [...drained] };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`);
  renameSync(`${file}.new`, file);
}
