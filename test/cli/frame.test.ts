import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Option } from 'commander';
import { DEFAULT_ADMIN_SOCKET, DEFAULT_GATEWAY_SOCKET } from '../../src/cli/options';
import { createProgram } from '../../src/cli/program';
import { EXIT } from '../../src/cli/exit_codes';
import {
  DEFAULT_ADMIN_SOCKET as CONFIGURED_DEFAULT,
  DEFAULT_GATEWAY_SOCKET as CONFIGURED_GATEWAY_DEFAULT,
} from '../../src/config/schema';
import { version } from '../../package.json';
import { FROM_SOURCE, storeswitch } from './support/storeswitch';

/** Every command of the tree, as the words that name it. */
function allCommands(command = createProgram(), path: string[] = []): string[][] {
  return [path, ...command.commands.flatMap((child) => allCommands(child, [...path, child.name()]))];
}

describe('help', () => {
  // In one process: the frame's own processes are looked at below.
  it.each(allCommands().map((path) => [path.join(' '), path] as const))(
    'of "%s" says what it is for',
    (_, path) => {
      let command = createProgram();
      for (const word of path) {
        const child = command.commands.find((one) => one.name() === word);
        if (child === undefined) throw new Error(`no ${word}`);
        command = child;
      }
      expect(command.description()).not.toBe('');
      for (const option of command.options) expect(option.description).not.toBe('');
      expect(command.helpInformation()).toContain(['storeswitch', ...path].join(' '));
    },
  );

  it('goes to stdout with exit code 0, and lists the exit codes', async () => {
    const { code, stdout, stderr } = await storeswitch(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: storeswitch');
    for (const number of Object.values(EXIT)) expect(stdout).toMatch(new RegExp(`\\b${number} `));
  });

  it('loads none of the heavy modules', () => {
    const program = resolve(__dirname, '../../src/cli/program.ts');
    const script = `require(${JSON.stringify(program)}).createProgram().helpInformation();
      console.log(JSON.stringify(Object.keys(require.cache)))`;
    const { stdout } = spawnSync(process.execPath, ['-r', FROM_SOURCE, '-e', script], { encoding: 'utf8' });
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded).toContain(program);
    expect(loaded.filter((file) => /grpc-js|koffi|pino|zod|protobuf|\/yaml\//.test(file))).toEqual([]);
  });
});

describe('every reading verb', () => {
  const reading = ['list', 'show', 'status', 'doctor', 'check'];
  it.each(
    allCommands()
      .filter((path) => reading.includes(path.at(-1) ?? ''))
      .map((path) => [path.join(' '), path] as const),
  )('%s takes --json', (_, path) => {
    let command = createProgram();
    for (const word of path) command = command.commands.find((one) => one.name() === word) ?? command;
    expect(command.options.map(({ long }: Option) => long)).toContain('--json');
  });
});

it('the default sockets are those of the configuration', () => {
  expect(DEFAULT_ADMIN_SOCKET).toBe(CONFIGURED_DEFAULT);
  expect(DEFAULT_GATEWAY_SOCKET).toBe(CONFIGURED_GATEWAY_DEFAULT);
});

it('--version prints the version of package.json', async () => {
  expect(await storeswitch(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('wrong usage ends with code 2 and one line', () => {
  it.each([
    [['stor'], /^storeswitch: unknown command 'stor' \(Did you mean store\?\)\n$/],
    [['store', 'lst'], /^storeswitch: unknown command 'lst' \(Did you mean list\?\)\n$/],
    [['status', '--jsn'], /^storeswitch: unknown option '--jsn' \(Did you mean --json\?\)\n$/],
    [['store', 'drain'], /^storeswitch: missing required argument 'store'\n$/],
    [['status', 'now'], /^storeswitch: too many arguments for 'status'.*\n$/],
    [['completion', 'tcsh'], /^storeswitch: .*'tcsh'.*bash, zsh, fish.*\n$/],
    [
      ['table', 'list', '--switch', 'http://here'],
      /^storeswitch: "http:\/\/here": scheme "http"; expected grpc:.*\n$/,
    ],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await storeswitch(args);
    expect({ code, stdout }).toEqual({ code: EXIT.usage, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([[[]], [['store']]])('%j, with the help on stderr', async (args) => {
    const { code, stdout, stderr } = await storeswitch(args);
    expect({ code, stdout }).toEqual({ code: EXIT.usage, stdout: '' });
    expect(stderr).toContain('Usage: storeswitch');
  });
});

it('--debug shows where an error comes from, before or after the command', async () => {
  const nowhere = ['status', '--socket', '/nonexistent/admin.sock'];
  const quiet = await storeswitch(nowhere);
  expect(quiet.stderr.split('\n')).toHaveLength(2);
  for (const args of [
    ['--debug', ...nowhere],
    [...nowhere, '--debug'],
  ]) {
    const { code, stderr } = await storeswitch(args);
    expect(code).toBe(EXIT.unreachable);
    expect(stderr).toMatch(/^storeswitch: +at /m);
  }
});
