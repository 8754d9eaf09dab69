/** `storeswitch service list`: what clients may ask for, and who serves it. */
import type { Command } from 'commander';
import type { ServiceStatus } from '../controller/status';
import { ask } from './ask';
import { jsonOption, socketOption, type JsonOptions, type SocketOptions } from './options';
import { printJson, printTable } from './output';

export function register(program: Command): void {
  program
    .command('service')
    .description('show services')
    .command('list')
    .description('show every service of every virtual store and the stores behind it')
    .addOption(socketOption())
    .addOption(jsonOption())
    .action(async (options: SocketOptions & JsonOptions) => {
      const services = await ask<ServiceStatus[]>(options, 'service.list');
      if (options.json) printJson(services);
      else printServices(services);
    });
}

function printServices(services: readonly ServiceStatus[]): void {
  printTable(
    ['service', 'address', 'mode', 'pool', 'state', 'stores'],
    services.map((service) => [
      `${service.virtual_store}/${service.name}`,
      `${service.protocol} ${service.address}:${service.port}`,
      service.mode,
      service.pool,
      service.state,
      service.stores.map(({ store, state }) => (state === 'up' ? store : `${store} (${state})`)).join(', '),
    ]),
  );
}
