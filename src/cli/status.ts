/** `storeswitch status`: what the running controller does. */
import type { Command } from 'commander';
import type { ControllerStatus } from '../controller/status';
import { ask } from './ask';
import { jsonOption, socketOption, type JsonOptions, type SocketOptions } from './options';
import { formatDuration, printJson, printLine, printTable } from './output';

export function register(program: Command): void {
  program
    .command('status')
    .description('show the running controller, its switch and its ports')
    .addOption(socketOption())
    .addOption(jsonOption())
    .action(async (options: SocketOptions & JsonOptions) => {
      const status = await ask<ControllerStatus>(options, 'status');
      if (options.json) printJson(status);
      else printStatus(status);
    });
}

function printStatus(status: ControllerStatus): void {
  const { switch: target, writes } = status;
  const facts: [string, string][] = [
    ['state', status.reason === undefined ? status.state : `${status.state}: ${status.reason}`],
    ['switch', `${target.address}, device ${target.device_id}, election id ${target.election_id}`],
    ['up', formatDuration(status.uptime_ms)],
    ['clients', String(status.clients)],
    ['sessions', String(status.sessions)],
    [
      'entries',
      `${writes.inserted} inserted, ${writes.modified} modified, ${writes.deleted} deleted, ` +
        `${writes.failed} failed, ${writes.adopted} found right, ${writes.pending} to write`,
    ],
  ];
  for (const [name, value] of facts) printLine(`${name.padEnd(9)}${value}`);
  printLine('');
  printTable(
    ['port', 'number', 'role', 'mac', 'host port'],
    status.ports.map((port) => [port.name, port.number, port.role, port.mac, port.host_port]),
  );
  if (status.problems.length > 0) printLine(`\nproblems, newest last:`);
  for (const problem of status.problems) printLine(`  ${problem}`);
}
