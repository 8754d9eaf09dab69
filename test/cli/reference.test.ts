/** docs/reference/cli.md names every command with its options, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../src/cli/exit_codes';
import { createProgram } from '../../src/cli/program';

const PAGE = readFileSync(join(__dirname, '../../docs/reference/cli.md'), 'utf8');

/** Rows of the table under a heading: cells without the outer bars. */
function rows(heading: string): string[][] {
  const section = PAGE.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Commands that do something, by the words that name them. */
function leaves(command: Command, words: string[] = []): Map<string, string[]> {
  if (command.commands.length === 0) {
    const options = command.options.flatMap(({ long }) => long ?? []);
    return new Map([[words.join(' '), options]]);
  }
  return new Map(command.commands.flatMap((child) => [...leaves(child, [...words, child.name()])]));
}

it('names every command and its options', () => {
  const documented = rows('Commands').map(([command = '', options = '']): [string, string[]] => [
    (/^`([a-z -]+)/.exec(command)?.[1] ?? '').trim(),
    [...options.matchAll(/--[a-z-]+/g)].map(([option]) => option),
  ]);
  // What may be given after a command begins like a word of its own in these two.
  const named = documented.map(([command, options]): [string, string[]] => [
    command.replace(/^(topology daemon) start$/, '$1').replace(/^(completion) bash$/, '$1'),
    options.sort(),
  ]);
  const real = [...leaves(createProgram())].map(([name, options]): [string, string[]] => [
    name,
    options.sort(),
  ]);
  expect(named).toEqual(real);
});

it('names every exit code', () => {
  const codes = [...PAGE.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT));
});
