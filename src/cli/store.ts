/** `storeswitch store ...`: the stores, and taking one out of service and back. */
import type { Command } from 'commander';
import type { StoreStatus } from '../controller/status';
import { ask } from './ask';
import { parseDuration_ms } from './duration';
import { CliError } from './exit_codes';
import { jsonOption, socketOption, type JsonOptions, type SocketOptions } from './options';
import { formatDuration, printJson, printLine, printTable } from './output';

/** A week. */
const DEADLINE_MAX_MS = 604_800_000;

export function register(program: Command): void {
  const store = program.command('store').description('show, drain and restore stores');

  store
    .command('list')
    .description('show every store, its state and its share of each pool')
    .addOption(socketOption())
    .addOption(jsonOption())
    .action(async (options: SocketOptions & JsonOptions) => {
      const stores = await ask<StoreStatus[]>(options, 'store.list');
      if (options.json) printJson(stores);
      else printStores(stores);
    });

  store
    .command('drain')
    .description('give a store nothing new; its sessions stay, until the deadline if there is one')
    .argument('<store>', 'name of the store')
    .option('--wait', 'until no session is left')
    .option('--deadline <time>', 'then reset the sessions that are left, such as 90s or 10min', toDeadline)
    .addOption(socketOption())
    .action(drain);

  store
    .command('restore')
    .description('give a drained store work again')
    .argument('<store>', 'name of the store')
    .addOption(socketOption())
    .action(async (name: string, options: SocketOptions) => {
      await ask(options, 'store.restore', { store: name });
      printLine(`${name} is restored`);
    });
}

interface DrainOptions extends SocketOptions {
  wait?: true;
  /** In milliseconds. */
  deadline?: number;
}

async function drain(name: string, { wait, deadline, socket }: DrainOptions): Promise<void> {
  await ask({ socket }, 'store.drain', {
    store: name,
    ...(deadline !== undefined && { deadline_ms: deadline }),
  });
  if (wait !== true) return printLine(`${name} drains`);
  const { waitForSessions } = await import('./drain.js');
  await waitForSessions(name, { socket }, (text) => void process.stderr.write(`${text}\n`));
  printLine(`${name} is drained`);
}

function toDeadline(text: string): number {
  const deadline_ms = parseDuration_ms(text, 's');
  if (deadline_ms !== undefined && deadline_ms <= DEADLINE_MAX_MS) return deadline_ms;
  throw new CliError('usage', `--deadline: found "${text}", expected a time from 0s to 7d`);
}

function printStores(stores: readonly StoreStatus[]): void {
  printTable(
    ['store', 'address', 'state', 'since', 'sessions', 'mac', 'port', 'pools', 'reason'],
    stores.map((store) => [
      store.name,
      store.address,
      store.state,
      formatDuration(store.since_ms),
      store.sessions,
      store.mac,
      store.port,
      store.pools
        .map((pool) => `${pool.virtual_store}/${pool.pool} ${pool.slots}/${pool.slots_total}`)
        .join(', '),
      reasonOf(store),
    ]),
  );
}

function reasonOf({ reason = '', deadline_ms = 0, state }: StoreStatus): string {
  return state === 'draining' && deadline_ms > 0 ? `${reason}, ${formatDuration(deadline_ms)} left` : reason;
}
