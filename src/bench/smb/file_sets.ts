/** Sets of files to transfer, and what became of them. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 1 << 20;

/** Writes `count` files of up to `size_max` octets each, of any length from 0, of random content. */
export function makeFiles(folder: string, count: number, size_max: number): void {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index++)
    writeFileSync(join(folder, `file-${index}`), randomBytes(Math.floor(Math.random() * (size_max + 1))));
}

/** Writes one file of random content. */
export function writeRandom(file: string, length_mib: number): void {
  const fd = openSync(file, 'w');
  for (let count = 0; count < length_mib; count++) writeSync(fd, randomBytes(MIB));
  closeSync(fd);
}

/** How many files of `expected` are not in `found` with the same content, or are in `found` only. */
export function differences(expected: string, found: string): number {
  const names = new Set([...readdirSync(expected), ...readdirSync(found)]);
  return [...names].filter((name) => digest(join(expected, name)) !== digest(join(found, name))).length;
}

/** Undefined where there is no such file. */
function digest(file: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return undefined;
  }
}
