/** `storeswitch store ...`: the stores, and taking one out of service and back. */
import type { Command } from 'commander';
import type { StoreStatus } from '../controller/status';
import { ask } from './ask';
import { jsonOption, socketOption, type JsonOptions, type SocketOptions } from './options';
import { formatDuration, printJson, printLine, printTable } from './output';

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
    .description('give a store nothing new; its open TCP connections stay')
    .argument('<store>', 'name of the store')
    .addOption(socketOption())
    .action(async (name: string, options: SocketOptions) => {
      await ask(options, 'store.drain', { store: name });
      printLine(`${name} drains`);
    });

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

function printStores(stores: readonly StoreStatus[]): void {
  printTable(
    ['store', 'address', 'state', 'since', 'mac', 'port', 'pools', 'reason'],
    stores.map((store) => [
      store.name,
      store.address,
      store.state,
      formatDuration(store.since_ms),
      store.mac,
      store.port,
      store.pools
        .map((pool) => `${pool.virtual_store}/${pool.pool} ${pool.slots}/${pool.slots_total}`)
        .join(', '),
      store.reason ?? '',
    ]),
  );
}
