import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const REFERENCE = readFileSync(join(__dirname, '../../docs/reference/config.md'), 'utf8');

/** The first fenced block of that language in the reference page. */
export function referenceBlock(language: string): string {
  const block = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(REFERENCE)?.[1];
  if (block === undefined) throw new Error(`docs/reference/config.md has no ${language} block`);
  return block;
}

/** The documented example, which every test of mistakes starts from. */
export const EXAMPLE = referenceBlock('yaml');

/** The example with one piece of text changed; throws if that is not there exactly once. */
export function exampleWith(...changes: [from: string, to: string][]): string {
  return changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2)
      throw new Error(`the example has ${JSON.stringify(from)} not exactly once`);
    return text.replace(from, () => to);
  }, EXAMPLE);
}
