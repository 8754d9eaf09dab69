import { readFileSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { FlagError, parseFlags, USAGE, type SwitchFlags, type TlsPaths } from './flags';
import { BoundedOutput } from './bounded_output';
import { FORMAT_VERSION } from './program/load';
import type { TlsOptions } from './server/tls';
import { AdminServer } from '../admin';
import { adminMethods } from './control/admin_methods';
import { LogLevelControl } from './control/log_level';
import { formatTrace } from './trace/format';
import type { PacketTrace } from './trace/trace';
import { startSwitch, type RunningSwitch } from './start';

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/**
 * `storeswitch switch ARGV...`, a stand-in for `simple_switch_grpc ARGV...`: runs until SIGTERM or SIGINT. Resolves
 * to the exit code: 0 ended by a signal, 1 could not start or died, 2 usage. `version` is what --version prints.
 */
export async function runSwitch(argv: readonly string[], version = ''): Promise<number> {
  let flags: SwitchFlags;
  try {
    flags = parseFlags(argv);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`storeswitch: ${error.message} (--help tells the flags)\n`);
    return EXIT_USAGE;
  }
  if (flags.help) {
    process.stdout.write(USAGE);
    return EXIT_OK;
  }
  if (flags.print !== undefined) {
    process.stdout.write(`${flags.print === 'version' ? version : FORMAT_VERSION}\n`);
    return EXIT_OK;
  }
  const level = flags.log_level === 'off' ? 'silent' : flags.log_level;
  let log: Logger;
  try {
    const to =
      flags.log_file === undefined
        ? new BoundedOutput(process.stderr)
        : pino.destination({ dest: flags.log_file, sync: true });
    log = pino({ name: 'switch', level }, to);
  } catch (error) {
    process.stderr.write(
      `storeswitch: --log-file: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return EXIT_FAILED;
  }
  for (const notice of flags.notices) log.warn(notice);
  return serve(flags, log);
}

async function serve(flags: SwitchFlags, log: Logger): Promise<number> {
  let ended: (code: number) => void = () => undefined;
  const end = new Promise<number>((resolve) => {
    ended = resolve;
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    log.info(`${signal}: shutting down`);
    ended(EXIT_OK);
  };
  let running: RunningSwitch;
  try {
    running = await startSwitch({
      device_id: flags.device_id,
      grpc_address: flags.grpc_server_addr,
      tls: flags.tls && readTls(flags.tls),
      interfaces: flags.interfaces,
      scheduling: flags.scheduling,
      coalesce_us: flags.coalesce_us,
      ...(flags.cpu_port === undefined ? {} : { cpu_port: flags.cpu_port }),
      ...(flags.drop_port === undefined ? {} : { drop_port: flags.drop_port }),
      ...(flags.priority_queues === undefined ? {} : { priority_queues: flags.priority_queues }),
      ...(flags.program_path === undefined ? {} : { program: readProgram(flags.program_path) }),
      log: (log_level, message) => log[log_level](message),
      failed: (error) => {
        process.stderr.write(`storeswitch: the packet thread has died: ${error.message}\n`);
        ended(EXIT_FAILED);
      },
    });
  } catch (error) {
    process.stderr.write(`storeswitch: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT_FAILED;
  }
  let admin: AdminServer | undefined;
  try {
    admin = await prepare(flags, running, log);
  } catch (error) {
    process.stderr.write(`storeswitch: ${error instanceof Error ? error.message : String(error)}\n`);
    await running.close();
    return EXIT_FAILED;
  }
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  log.info(`device ${flags.device_id}: P4Runtime server listening on ${running.address}`);
  for (const { number, interface_name } of flags.interfaces) log.info(`port ${number} is ${interface_name}`);
  const code = await end;
  process.off('SIGTERM', onSignal);
  process.off('SIGINT', onSignal);
  await admin?.close();
  await running.close();
  return code;
}

/** Captures, traces and the admin socket, as the flags ask. */
async function prepare(
  flags: SwitchFlags,
  { control }: RunningSwitch,
  log: Logger,
): Promise<AdminServer | undefined> {
  const { trace: format } = flags;
  const output = new BoundedOutput(process.stdout, () =>
    process.stderr.write('storeswitch: standard output is closed: no more traces are written to it\n'),
  );
  if (format !== undefined) {
    const write = (trace: PacketTrace): void =>
      void output.write(`${format === 'json' ? JSON.stringify(trace) : formatTrace(trace)}\n`);
    await control.subscribeTraces({}, write);
  }
  const level = new LogLevelControl(control, log);
  await level.set(flags.log_level);
  if (flags.pcap_folder !== undefined) await control.startCapture(flags.pcap_folder);
  if (flags.admin_socket === undefined) return undefined;
  return AdminServer.listen(flags.admin_socket, adminMethods(control, level));
}

function readTls({ certificate, key, client_authorities }: TlsPaths): TlsOptions {
  return {
    certificate: readNamed('--grpc-server-cert', certificate),
    key: readNamed('--grpc-server-key', key),
    client_authorities:
      client_authorities === undefined ? undefined : readNamed('--grpc-server-cacert', client_authorities),
  };
}

function readNamed(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${flag} ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function readProgram(path: string): object {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  try {
    const program: unknown = JSON.parse(text);
    if (typeof program === 'object' && program !== null) return program;
  } catch (error) {
    throw new Error(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  throw new Error(`${path}: the JSON object p4c writes for BMv2 is expected`);
}
