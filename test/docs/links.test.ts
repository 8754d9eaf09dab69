/** Links in the documentation lead somewhere, and its index names every decision. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseConfig } from '../../src/config/load';

const CHECKOUT = resolve(__dirname, '../..');

function pages(folder: string): string[] {
  return readdirSync(join(CHECKOUT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

it.each(['README.md', ...pages('docs')])('%s links to files that exist', (page) => {
  const text = readFileSync(join(CHECKOUT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
  const missing = links.filter((link) => !existsSync(resolve(CHECKOUT, dirname(page), link)));
  expect(missing).toEqual([]);
});

it('the index names every decision, guide and reference', () => {
  const index = readFileSync(join(CHECKOUT, 'docs/README.md'), 'utf8');
  const absent = ['docs/decisions', 'docs/guide', 'docs/reference']
    .flatMap(pages)
    .map((page) => relative('docs', page))
    .filter((page) => !index.includes(`](${page})`));
  expect(absent).toEqual([]);
});

it("the README's configuration is valid", () => {
  const text = readFileSync(join(CHECKOUT, 'README.md'), 'utf8');
  const block = /```yaml\n([^]*?)```/.exec(text)?.[1] ?? '';
  expect(parseConfig(block, 'README.md').stores).toHaveLength(2);
});
