/** `storeswitch gateway ...`: what ends at this host, in the foreground, and what it says of itself. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ask } from './ask';
import { CliError } from './exit_codes';
import { DEFAULT_GATEWAY_SOCKET, jsonOption, type JsonOptions, type SocketOptions } from './options';
import { printJson, printLine } from './output';
import { stopSignal } from './stop_signal';

export function register(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('take connections apart, so that each call in them is balanced');

  gateway
    .command('run')
    .description('serve what has mode terminate and SMB shares, in the foreground, beside `storeswitch run`')
    .argument('<config>', 'YAML file, the controller’s')
    .action(run);

  gateway
    .command('status')
    .description('show connections, requests and what was refused')
    .option('--socket <path>', 'admin socket of the running gateway', DEFAULT_GATEWAY_SOCKET)
    .addOption(jsonOption())
    .action(async (options: SocketOptions & JsonOptions) => {
      const status = await ask<Record<string, unknown>>(options, 'status', {}, { server: 'gateway' });
      if (options.json) printJson(status);
      else for (const [name, value] of flat(status)) printLine(`${name.padEnd(44)}${value}`);
    });
}

/** Nested values by dotted names; what is 0 is left out, as most of it is. */
function flat(value: unknown, name = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) {
    return value === 0 ? [] : [[name, String(value)]];
  }
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, name === '' ? key : `${name}.${key}`));
}

async function run(file: string): Promise<void> {
  const { loadConfig } = await import('../config/load.js');
  const config = loadConfig(file);
  const { planGateway } = await import('../gateway/plan.js');
  const plan = planGateway(config);
  if (plan === undefined)
    throw new CliError(
      'invalid_config',
      `${file}: no service has mode terminate, and there are no SMB shares`,
    );
  const { default: pino } = await import('pino');
  const log = pino(
    { name: 'storeswitch-gateway', level: config.log.level },
    pino.destination({ fd: 2, sync: true }),
  );
  const { AdminServer } = await import('../admin/index.js');
  const { startGateway } = await import('../gateway/run.js');
  const { ListenError } = await import('../gateway/listen_error.js');
  const { endpointKey } = await import('../gateway/endpoint_key.js');
  const stopped = stopSignal();
  const { socket, ...limits } = config.gateway;
  const user_mount = [process.execPath, resolve(__dirname, 'main.js'), 'mount'];
  const gateway = await startGateway(plan, { limits, user_mount, logger: log }).catch((error: unknown) => {
    throw error instanceof ListenError
      ? new CliError('failed', `${file}: ${endpointKey(config, error)}: ${error.message}`)
      : error;
  });
  try {
    const admin = await AdminServer.listen(socket, { status: () => gateway.status() });
    try {
      log.info(
        {
          interface: plan.calls?.interface_name,
          shares: plan.shares.length,
          socket: admin.path,
          pid: process.pid,
        },
        'gateway serves',
      );
      log.info({ signal: await stopped }, 'gateway stops; its connections end');
    } finally {
      await admin.close();
    }
  } finally {
    await gateway.stop();
  }
}
