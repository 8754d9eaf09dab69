/** `storeswitch run CONFIG`: the controller, in the foreground. */
import { basename, dirname, extname, join } from 'node:path';
import type { Command } from 'commander';
import { stopSignal } from './stop_signal';

export function register(program: Command): void {
  program
    .command('run')
    .description('run the controller in the foreground; the switch keeps forwarding when it stops')
    .argument('<config>', 'YAML file')
    .option('--state-file <file>', 'where drained stores are remembered (default: see docs/reference/cli.md)')
    .action(run);
}

async function run(file: string, { stateFile }: { stateFile?: string }): Promise<void> {
  const { loadConfig } = await import('../config/load.js');
  const { configWarnings } = await import('../config/config.js');
  const config = loadConfig(file);
  const { default: pino } = await import('pino');
  const log = pino({ name: 'storeswitch', level: config.log.level }, pino.destination({ fd: 2, sync: true }));
  for (const warning of configWarnings(config)) log.warn(warning);

  const { Controller } = await import('../controller/index.js');
  const { AdminServer } = await import('../admin/index.js');
  const { adminMethods, adminCodeOf } = await import('./admin_methods.js');
  const controller = new Controller(config, { logger: log, state_file: stateFile ?? defaultStateFile(file) });
  // First, as it refuses a second controller before that could disturb the switch.
  const admin = await AdminServer.listen(config.admin.socket, adminMethods(controller), {
    codeOf: adminCodeOf,
  });
  const stopped = stopSignal();
  try {
    log.info({ socket: admin.path, pid: process.pid }, 'controller starts');
    await Promise.race([controller.start(), stopped]);
    const signal = await stopped;
    log.info({ signal }, 'controller stops; the switch goes on as it is');
  } finally {
    await admin.close();
    await controller.stop();
  }
}

/** systemd's StateDirectory= (systemd.exec(5)), or beside the configuration it belongs to. */
function defaultStateFile(config: string): string {
  const folder = process.env.STATE_DIRECTORY?.split(':')[0];
  const name = `${basename(config, extname(config))}.drained.json`;
  return join(folder ?? dirname(config), name);
}
