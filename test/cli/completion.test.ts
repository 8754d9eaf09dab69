import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram } from '../../src/cli/program';
import { storeswitch } from './support/storeswitch';

let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'storeswitch-completion-'))));
afterAll(() => rmSync(folder, { recursive: true }));

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await storeswitch(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const file = join(folder, `completion.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
const where = (shell: string) => (has(shell) ? it : it.skip);
const why = (shell: string): string => (has(shell) ? '' : ` (not here: there is no ${shell})`);

const topCommands = (): string[] => createProgram().commands.map((command) => command.name());

describe('bash', () => {
  /** What bash offers for the words typed, the last of them unfinished. */
  async function offers(...words: string[]): Promise<string[]> {
    const file = await script('bash');
    const typed = ['storeswitch', ...words].map((word) => `'${word}'`).join(' ');
    const ask = `set -u; source '${file}'; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _storeswitch; printf '%s\\n' "\${COMPREPLY[@]-}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', ask], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.split('\n').filter((line) => line !== '');
  }

  where('bash')(`offers commands${why('bash')}`, async () => {
    expect(await offers('')).toEqual(topCommands());
    expect(await offers('sto')).toEqual(['store']);
    expect(await offers('store', '')).toEqual(['list', 'drain', 'restore']);
    expect(await offers('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  where('bash')(`offers options${why('bash')}`, async () => {
    expect(await offers('store', 'list', '--')).toEqual(['--socket', '--json', '--help']);
    expect(await offers('--debug', 'table', 'show', 'slot', '--s')).toEqual(['--socket', '--switch']);
  });

  where('bash')(`leaves files to bash${why('bash')}`, async () => {
    expect(await offers('run', '')).toEqual([]);
  });
});

describe('zsh', () => {
  where('zsh')(`loads the script${why('zsh')}`, async () => {
    const file = await script('zsh');
    const load = `autoload -Uz compinit; compinit -D -u; source '${file}'; print $_comps[storeswitch]`;
    const { status, stdout, stderr } = spawnSync('zsh', ['-f', '-c', load], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '_storeswitch\n', stderr: '' });
  });
});

describe('fish', () => {
  where('fish')(`offers commands and options${why('fish')}`, async () => {
    const file = await script('fish');
    const offers = (line: string): string[] => {
      const ask = `source '${file}'; complete -C '${line}'`;
      const { status, stdout, stderr } = spawnSync('fish', ['--no-config', '-c', ask], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return stdout
        .trimEnd()
        .split('\n')
        .map((row) => row.split('\t')[0] ?? '');
    };
    expect(offers('storeswitch ')).toEqual([...topCommands()].sort());
    expect(offers('storeswitch store ')).toEqual(['drain', 'list', 'restore']);
    expect(offers('storeswitch store list --')).toEqual(['--help', '--json', '--socket']);
  });
});
