#!/usr/bin/env node
/** The frame of `storeswitch`: finds the command, turns every failure into one line on stderr and an exit code. */
import { CommanderError } from 'commander';
import { EXIT, failureOf } from './exit_codes';
import { createProgram } from './program';

/** Runs one command line (without node and script); never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  const debug = argv.includes('--debug') || process.env.STORESWITCH_DEBUG === '1';
  try {
    const switch_argv = argumentsOfSwitch(argv);
    if (switch_argv !== undefined) {
      // Its flags are simple_switch_grpc's, some of which would mean something else to the frame.
      const { runSwitchCommand } = await import('./switch.js');
      return await runSwitchCommand(switch_argv);
    }
    await createProgram().parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has said it already, through configureOutput.
    if (!(error instanceof CommanderError)) report(error, debug);
    return EXIT[failureOf(error)];
  }
}

/** What follows the command `switch`; undefined: it is another command. */
function argumentsOfSwitch(argv: readonly string[]): string[] | undefined {
  const command = argv.findIndex((word) => !word.startsWith('-'));
  return argv[command] === 'switch' ? argv.slice(command + 1) : undefined;
}

function report(error: unknown, debug: boolean): void {
  const text = debug && error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  // A configuration may have several mistakes: a line each.
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines) process.stderr.write(`storeswitch: ${line}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

/** `storeswitch ... | head`: whoever reads has seen enough. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
}

/** As the program itself. */
export function start(): void {
  const argv = process.argv.slice(2);
  const is_switch = argumentsOfSwitch(argv) !== undefined;
  // The switch goes on when who reads its traces has seen enough.
  if (!is_switch) process.stdout.on('error', endOnClosedPipe);
  void main(argv).then((code) => {
    process.exitCode = code;
    // Lines that nobody takes must not keep it.
    if (is_switch) process.exit();
  });
}

if (require.main === module) start();
