/** `storeswitch counter show`: what the switch has counted. */
import type { Command } from 'commander';
import {
  jsonOption,
  socketOption,
  switchOption,
  type JsonOptions,
  type SocketOptions,
  type SwitchOptions,
} from './options';
import { printJson, printTable } from './output';
import { withReader } from './reader';

export function register(program: Command): void {
  program
    .command('counter')
    .description("show the switch's counters")
    .command('show')
    .description('show what was counted; cells that are 0 only with --all or --json')
    .argument('[name]', 'counter; without it, all')
    .option('--all', 'show cells that are 0 too')
    .addOption(socketOption())
    .addOption(switchOption())
    .addOption(jsonOption())
    .action(
      async (
        name: string | undefined,
        options: JsonOptions & SocketOptions & SwitchOptions & { all?: boolean },
      ) => {
        const cells = await withReader(options, (reader) => reader.counters(name));
        if (options.json) {
          printJson(cells);
          return;
        }
        const shown = options.all
          ? cells
          : cells.filter(({ packets, bytes = 0 }) => packets > 0 || bytes > 0);
        printTable(
          ['counter', 'cell', 'packets', 'bytes'],
          shown.map(({ counter, cell, packets, bytes }) => [counter, cell, packets, bytes]),
        );
      },
    );
}
