/** The tree of commands. Building it loads no command's work: that happens in the actions. */
import { Command } from 'commander';
import { packageVersion } from './checkout';
import { EXIT, EXIT_MEANING } from './exit_codes';
import * as completion from './completion';
import * as config from './config';
import * as counter from './counter';
import * as demo from './demo';
import * as doctor from './doctor';
import * as gateway from './gateway';
import * as mount from './mount';
import * as run from './run';
import * as service from './service';
import * as status from './status';
import * as store from './store';
import * as switchCommand from './switch';
import * as switchCtl from './switch_ctl';
import * as table from './table';
import * as top from './top';
import * as topology from './topology';
import * as trace from './trace';

/** In the order of the help. */
const COMMANDS = [
  demo,
  doctor,
  run,
  gateway,
  mount,
  switchCommand,
  switchCtl,
  topology,
  status,
  store,
  service,
  table,
  counter,
  top,
  trace,
  config,
  completion,
];

export function createProgram(): Command {
  const program = new Command('storeswitch')
    .description('A file switch in the network: many NFS and SMB servers look like one store.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--debug', 'show stack traces of errors')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      // Commander writes "error: what\n(Did you mean that?)".
      outputError: (text, write) =>
        write(
          `storeswitch: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll(/\s*\n\s*/g, ' ')}\n`,
        ),
    })
    .addHelpText('after', `\nExit codes: ${exitCodes()}.`);
  for (const { register } of COMMANDS) register(program);
  // `help` as a word beside --help would only lengthen every help.
  for (const command of [program, ...program.commands]) command.helpCommand(false);
  return program;
}

function exitCodes(): string {
  return Object.entries(EXIT_MEANING)
    .map(([kind, meaning]) => `${EXIT[kind as keyof typeof EXIT]} ${meaning}`)
    .join(', ');
}
