/** Files of the checkout that are used as they are, from the sources and from `dist/` alike. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Two folders up from `src/cli` and from `dist/cli`. */
export const CHECKOUT = join(__dirname, '..', '..');

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** Loads plain JavaScript or JSON of the checkout; the caller knows its shape. */
export function requireFromCheckout<Shape>(file: string): Shape {
  return createRequire(__filename)(join(CHECKOUT, file)) as Shape;
}
