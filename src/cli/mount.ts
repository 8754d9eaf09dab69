/** `storeswitch mount VIP:/EXPORT FOLDER`: an export of a virtual store as a folder, in the foreground. */
import { Option, type Command } from 'commander';
import type { MountEvent, MountedFolder } from '../fuse/mount';
import { parseIpv4 } from '../wire/address';
import { parseDuration_ms } from './duration';
import { CliError } from './exit_codes';
import { jsonOption, type JsonOptions } from './options';
import { printLine } from './output';

interface MountCommandOptions extends JsonOptions {
  rsize: number;
  wsize: number;
  port: number;
  mountPort?: number;
  entryTimeout: number;
  attributeTimeout: number;
  negativeTimeout: number;
  readAhead: number;
  writeBehind: number;
  inFlight: number;
  soft?: number;
  reservedPort: boolean;
  allowOther: boolean;
  permissions: 'kernel' | 'server';
  readOnly?: boolean;
}

export function register(program: Command): void {
  program
    .command('mount')
    .description('mount an export by NFSv3 over UDP, without the kernel’s NFS client; until interrupted')
    .argument('<export>', 'ADDRESS:/PATH, such as 10.0.0.100:/share')
    .argument('<folder>', 'where')
    .addOption(sizeOption('--rsize <bytes>', 'bytes of one READ, at most what the server takes', '32K'))
    .addOption(sizeOption('--wsize <bytes>', 'bytes of one WRITE', '32K'))
    .option('--port <port>', 'UDP port of NFS', toPort, 2049)
    .option('--mount-port <port>', 'UDP port of MOUNT (default: as the portmapper says)', toPort)
    .addOption(timeOption('--entry-timeout <time>', 'how long names are taken as known', '1s'))
    .addOption(timeOption('--attribute-timeout <time>', 'how long attributes are taken as known', '1s'))
    .addOption(timeOption('--negative-timeout <time>', 'how long a name is taken as absent', '0s'))
    .addOption(sizeOption('--read-ahead <bytes>', 'what is read ahead of a process', '1M'))
    .addOption(sizeOption('--write-behind <bytes>', 'data that may wait to reach stable storage', '32M'))
    .option('--in-flight <n>', 'calls under way at once', toCount, 16)
    .option('--soft <time>', 'operations fail after so long without an answer (default: they wait)', toTime)
    .option('--no-reserved-port', 'send from a port above 1023')
    .option('--no-allow-other', 'only for the user who mounts')
    .addOption(
      new Option('--permissions <judge>', 'who judges access beside the server’s own checks')
        .choices(['kernel', 'server'])
        .default('kernel'),
    )
    .option('--read-only', 'nothing can be changed')
    .addOption(jsonOption('print events as JSON documents, a line each'))
    .action(mount);
}

async function mount(target: string, folder: string, options: MountCommandOptions): Promise<void> {
  const { address, path } = parseTarget(target);
  const { mountNfs } = await import('../fuse/mount.js');
  const stop = new StopSignals();
  const mounted = await mountNfs({
    ...{ address, path, folder },
    nfs_port: options.port,
    mount_port: options.mountPort,
    read_bytes: options.rsize,
    write_bytes: options.wsize,
    entry_ms: options.entryTimeout,
    attributes_ms: options.attributeTimeout,
    no_entry_ms: options.negativeTimeout,
    readahead_bytes: options.readAhead,
    write_behind_bytes: options.writeBehind,
    calls_max: options.inFlight,
    give_up_ms: options.soft,
    reserved_port: options.reservedPort && process.getuid?.() === 0,
    allow_other: options.allowOther,
    kernel_permissions: options.permissions === 'kernel',
    read_only: options.readOnly === true,
    onEvent: (event) => report(event, options),
  });
  const { read_bytes, write_bytes } = mounted;
  if (options.json) {
    const event = { event: 'mounted', export: target, folder: mounted.folder, read_bytes, write_bytes };
    printLine(JSON.stringify({ ...event, pid: process.pid }));
  } else printLine(`${target} is mounted on ${mounted.folder}`);
  stop.handle((count) => void unmount(mounted, count, options));
  await mounted.done;
  stop.end();
  const { counters } = mounted;
  if (options.json) printLine(JSON.stringify({ event: 'unmounted', folder: mounted.folder, ...counters }));
}

/** First politely; programs that use the folder keep what they have open; a second signal does not wait for them. */
async function unmount(mounted: MountedFolder, signals: number, options: MountCommandOptions): Promise<void> {
  try {
    if (signals > 1) {
      await mounted.unmount(true);
      await mounted.finish();
      process.exit();
    }
    if ((await mounted.unmount(false)) === 'unmounted') return;
    await mounted.unmount(true);
    const { folder } = mounted;
    if (options.json) printLine(JSON.stringify({ event: 'busy', folder }));
    else
      process.stderr.write(
        `storeswitch: ${folder} is in use: it is unmounted, and served until what is open is closed\n`,
      );
  } catch (error) {
    process.stderr.write(`storeswitch: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function report(event: MountEvent, { json }: JsonOptions): void {
  if (json) return printLine(JSON.stringify(event));
  const text = {
    not_responding: 'server' in event ? `${event.server} does not answer, still trying` : '',
    responding: 'server' in event ? `${event.server} answers again` : '',
    readahead_unchanged: 'reason' in event ? `read-ahead stays as the kernel has it: ${event.reason}` : '',
  }[event.event];
  process.stderr.write(`storeswitch: ${text}\n`);
}

/** SIGTERM and SIGINT, numbered from 1. */
class StopSignals {
  private count = 0;
  private listener: ((count: number) => void) | undefined;
  private readonly onSignal = (): void => {
    this.count += 1;
    this.listener?.(this.count);
  };

  constructor() {
    process.on('SIGTERM', this.onSignal).on('SIGINT', this.onSignal);
  }

  /** Also of one that came before. */
  handle(listener: (count: number) => void): void {
    this.listener = listener;
    if (this.count > 0) listener(this.count);
  }

  end(): void {
    process.off('SIGTERM', this.onSignal).off('SIGINT', this.onSignal);
  }
}

function parseTarget(target: string): { address: string; path: string } {
  const [, host = '', path] = /^([^:]+):(\/.*)$/.exec(target) ?? [];
  const address = parseIpv4(host);
  if (address === undefined || path === undefined) {
    throw new CliError('usage', `export: found "${target}", expected IPv4 ADDRESS:/PATH`);
  }
  return { address, path };
}

function sizeOption(flags: string, description: string, value: string): Option {
  return new Option(flags, description).argParser(toSize).default(toSize(value), value);
}

function timeOption(flags: string, description: string, value: string): Option {
  return new Option(flags, description).argParser(toTime).default(toTime(value), value);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

function toSize(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,9})([KMG]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] ?? NaN);
  if (bytes > 0) return bytes;
  throw new CliError('usage', `found "${text}", expected bytes such as 32768, 32K or 1M`);
}

function toTime(text: string): number {
  const time_ms = parseDuration_ms(text);
  if (time_ms !== undefined) return time_ms;
  throw new CliError('usage', `found "${text}", expected a time such as 500ms, 3s or 1min`);
}

function toPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65536) return Number(text);
  throw new CliError('usage', `found "${text}", expected a port from 1 to 65535`);
}

function toCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new CliError('usage', `found "${text}", expected a number from 1 to 9999`);
}
