/** `storeswitch switch ...`: the embedded switch, with simple_switch_grpc's flags. */
import type { Command } from 'commander';
import { packageVersion } from './checkout';

export function register(program: Command): void {
  // Only for the help: `main.ts` passes the words after `switch` on before they are parsed here.
  program
    .command('switch')
    .description("run the embedded switch; takes simple_switch_grpc's flags (see storeswitch switch --help)")
    .argument('[flags...]')
    .allowUnknownOption();
}

/** Runs until the switch ends. */
export async function runSwitchCommand(argv: readonly string[]): Promise<number> {
  const { runSwitch } = await import('../switch/main.js');
  return runSwitch(argv, packageVersion());
}
