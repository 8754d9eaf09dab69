/** `storeswitch switch-ctl`: a running embedded switch's ports, faults, captures, traces and log level. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { AdminError, callAdmin } from '../admin';
import { CliError } from './exit_codes';
import { jsonOption, type JsonOptions } from './options';
import { printJson, printLine, printTable } from './output';

interface Target {
  adminSocket: string;
}

interface PortRow {
  number: number;
  name: string;
  up: boolean;
  enabled: boolean;
  captured: boolean;
  stats: Record<string, number>;
  faults?: Record<string, number>;
}

const TAKE_INTERVAL_MS = 100;

export function register(program: Command): void {
  const ctl = program
    .command('switch-ctl')
    .description('look at and change a running embedded switch (one started with --admin-socket)');
  const command = (name: string, description: string): Command =>
    ctl
      .command(name)
      .description(description)
      .addOption(
        new Option('--admin-socket <path>', 'as given to the switch')
          .env('STORESWITCH_SWITCH_SOCKET')
          .makeOptionMandatory(),
      );

  command('ports', 'show the ports and their statistics')
    .addOption(jsonOption())
    .action(async (options: Target & JsonOptions) => showPorts(options));
  command('counts', 'show what was dropped before, beside and after the program')
    .addOption(jsonOption())
    .action(async ({ adminSocket, json }: Target & JsonOptions) => {
      const counts = (await ask(adminSocket, 'counts')) as Record<string, number>;
      if (json) printJson(counts);
      else printTable(['count', 'value'], Object.entries(counts));
    });
  command('port-add', 'attach an interface as a port')
    .argument('<interface>', 'a Linux interface that is up')
    .argument('<port>', 'number of the port, another than those there are', toInteger)
    .action(async (name: string, port: number, { adminSocket }: Target) => {
      await ask(adminSocket, 'port.add', { port, interface: name });
    });
  command('port-remove', 'give an interface up; it stays as it is')
    .argument('<port>', 'number of the port', toInteger)
    .action(async (port: number, { adminSocket }: Target) => {
      await ask(adminSocket, 'port.remove', { port });
    });
  for (const up of [true, false]) {
    command(up ? 'up' : 'down', `take a port ${up ? 'up' : 'down'}; its interface stays as it is`)
      .argument('<port>', 'number of the port', toInteger)
      .action(async (port: number, options: Target) => {
        await ask(options.adminSocket, 'port.set', { port, up });
      });
  }
  command('faults', 'make a port lose, double, reorder, damage or delay frames; without options, no longer')
    .argument('<port>', 'number of the port', toInteger)
    .addOption(
      new Option('--direction <which>', 'of frames that arrive (in) or leave (out)').choices([
        'in',
        'out',
        'both',
      ]),
    )
    .option('--loss <p>', 'probability that a frame is lost', toNumber)
    .option('--duplication <p>', 'that it arrives twice', toNumber)
    .option('--reordering <p>', 'that it arrives after the one that follows it', toNumber)
    .option('--corruption <p>', 'that one bit of it is flipped', toNumber)
    .option('--delay-us <n>', 'microseconds that every frame is late', toNumber)
    .option('--seed <n>', 'the same seed and frames: the same faults (default 1)', toInteger)
    .action(async (port: number, { adminSocket, delayUs, ...faults }: Target & Record<string, unknown>) => {
      const given = { ...faults, ...(delayUs === undefined ? {} : { delay_us: delayUs }) };
      const method = Object.keys(given).length === 0 ? 'faults.clear' : 'faults.set';
      await ask(adminSocket, method, { port, ...given });
    });
  command('capture', 'capture ports into NAME_in.pcap and NAME_out.pcap of a folder')
    .argument('<folder>', 'a folder, or "stop"')
    .option('--port <n>', 'only this port', toInteger)
    .action(async (folder: string, { adminSocket, port }: Target & { port?: number }) => {
      const chosen = port === undefined ? {} : { port };
      if (folder === 'stop') await ask(adminSocket, 'capture.stop', chosen);
      else await ask(adminSocket, 'capture.start', { ...chosen, folder: resolve(folder) });
    });
  command('trace', 'show what happens to each packet until interrupted')
    .option('--port <n>', 'only frames received by this port', toInteger)
    .option('--packets <n>', 'end after so many', toInteger)
    .option('--json', 'a JSON document a line')
    .action(trace);
  command('log-level', 'show the log level, or change it; trace also logs every packet')
    .argument('[level]', 'trace, debug, info, warn, error or off')
    .action(async (level: string | undefined, { adminSocket }: Target) => {
      const answer = await ask(adminSocket, 'log.level', level === undefined ? {} : { level });
      printLine((answer as { level: string }).level);
    });
}

/** Errors of the admin client speak of a controller. */
async function ask(path: string, method: string, params: Record<string, unknown> = {}): Promise<unknown> {
  try {
    return await callAdmin(path, method, params);
  } catch (error) {
    if (error instanceof AdminError && error.code === 'unreachable')
      throw new CliError('unreachable', `${path}: no switch answers (start it with --admin-socket ${path})`, {
        cause: error,
      });
    throw error;
  }
}

async function showPorts({ adminSocket, json }: Target & JsonOptions): Promise<void> {
  const ports = (await ask(adminSocket, 'port.list')) as PortRow[];
  if (json) {
    printJson(ports);
    return;
  }
  printTable(
    [
      'port',
      'interface',
      'state',
      'rx frames',
      'rx bytes',
      'rx dropped',
      'tx frames',
      'tx bytes',
      'tx dropped',
      'faults',
    ],
    ports.map(({ number, name, up, enabled, captured, stats, faults }) => [
      number,
      name,
      `${up ? 'up' : enabled ? 'down' : 'disabled'}${captured ? ', captured' : ''}`,
      stats.rx_frames,
      stats.rx_bytes,
      (stats.rx_dropped ?? 0) + (stats.rx_truncated ?? 0),
      stats.tx_frames,
      stats.tx_bytes,
      (stats.tx_dropped ?? 0) + (stats.tx_oversized ?? 0),
      faults === undefined ? undefined : describeFaults(faults),
    ]),
  );
}

function describeFaults(faults: Record<string, number>): string {
  const happened = Object.entries(faults).filter(([, count]) => count > 0);
  return happened.length === 0 ? 'none yet' : happened.map(([what, count]) => `${count} ${what}`).join(', ');
}

async function trace(options: Target & { port?: number; packets?: number; json?: boolean }): Promise<void> {
  const { adminSocket, port, packets, json } = options;
  const { formatTrace } = await import('../switch/trace/format.js');
  let interrupted = false;
  const onSignal = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', onSignal);
  const mine = (await ask(adminSocket, 'trace.start', {
    ...(port === undefined ? {} : { port }),
    ...(packets === undefined ? {} : { packets_max: packets }),
  })) as { trace: number };
  try {
    for (let seen = 0; !interrupted && (packets === undefined || seen < packets);) {
      const taken = (await ask(adminSocket, 'trace.take', mine)) as {
        traces: Parameters<typeof formatTrace>[0][];
        missed: number;
      };
      for (const one of taken.traces) printLine(json ? JSON.stringify(one) : formatTrace(one));
      seen += taken.traces.length + taken.missed;
      if (taken.missed > 0) process.stderr.write(`storeswitch: ${taken.missed} packets were not shown\n`);
      await new Promise((wake) => setTimeout(wake, TAKE_INTERVAL_MS));
    }
  } finally {
    process.off('SIGINT', onSignal);
    await ask(adminSocket, 'trace.stop', mine);
  }
}

function toInteger(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CliError('usage', `expected a number, found "${text}"`);
  return Number(text);
}

function toNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new CliError('usage', `expected a number that is not negative, found "${text}"`);
  return value;
}
