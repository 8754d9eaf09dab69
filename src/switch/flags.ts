import { statSync } from 'node:fs';
import type { PortSpec } from './worker/messages';
import { COALESCE_US } from './worker/coalescing';
import type { Scheduling } from './worker/thread_scheduling';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'off'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const TRACE_FORMATS = ['human', 'json'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** What the command line says, in simple_switch_grpc's terms. */
export interface SwitchFlags {
  program_path: string | undefined;
  device_id: bigint;
  interfaces: PortSpec[];
  log_level: LogLevel;
  /** Where the log goes; undefined: to standard error. */
  log_file: string | undefined;
  grpc_server_addr: string;
  /** undefined: P4Runtime is served in the clear. */
  tls: TlsPaths | undefined;
  cpu_port: number | undefined;
  drop_port: number | undefined;
  priority_queues: number | undefined;
  /** Where captures of all ports go from the start. */
  pcap_folder: string | undefined;
  /** What standard output shows of each packet. */
  trace: TraceFormat | undefined;
  admin_socket: string | undefined;
  scheduling: Scheduling;
  /** How long frames may wait for others; undefined: the default of `PacketLoop`. */
  coalesce_us: number | undefined;
  help: boolean;
  /** What is to be printed instead of running. */
  print: 'version' | 'json version' | undefined;
  /** Flags accepted for the sake of existing scripts, without effect. */
  notices: string[];
}

/** PEM files. */
export interface TlsPaths {
  certificate: string;
  key: string;
  /** Given: clients must show a certificate that this one vouches for. */
  client_authorities: string | undefined;
}

/** A command line that cannot be followed; the message is one line. */
export class FlagError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FlagError';
  }
}

const PORT_MAX = 511;
const COALESCE_MAX_US = 10_000;

/** Flags of simple_switch_grpc that mean nothing here; whether they take a value. */
const IGNORED: Record<string, { takes_value: boolean; reason: string }> = {
  '--thrift-port': { takes_value: true, reason: 'there is no Thrift server' },
  '--notifications-addr': { takes_value: true, reason: 'there is no nanomsg' },
  '--nanolog': {
    takes_value: true,
    reason: 'there is no event logger (--trace and switch-ctl trace show packets)',
  },
  '--log-flush': { takes_value: false, reason: 'the log is never buffered' },
  '--log-file-max-size': { takes_value: true, reason: 'the log is not rotated' },
  '--log-file-max-files': { takes_value: true, reason: 'the log is not rotated' },
  '--dump-packet-data': { takes_value: true, reason: '--trace and --pcap show packets' },
  '--disable-swap': { takes_value: false, reason: 'clients may always set a pipeline config' },
  '--max-port-count': { takes_value: true, reason: 'ports may be numbered up to 511' },
  '--max-mc-groups': { takes_value: true, reason: 'multicast groups have no limit' },
  '--max-l1-entries': { takes_value: true, reason: 'multicast groups have no limit' },
  '--max-l2-entries': { takes_value: true, reason: 'multicast groups have no limit' },
};

/** Flags of simple_switch_grpc that a script relies on: refused, not ignored. */
const REFUSED: Record<string, string> = {
  '--packet-in': 'ports are interfaces or files (--use-files)',
  '--dp-grpc-server-addr': 'ports are interfaces or files (--use-files)',
  '--debugger': 'there is no debugger',
  '--debugger-addr': 'there is no debugger',
  '--restore-state': 'state is not kept across restarts',
};

export const USAGE = `Usage: storeswitch switch [PROGRAM.json | --no-p4] [options] [-- target options]

Options (those of simple_switch_grpc):
  --no-p4                    start without a program; a P4Runtime client pushes one
  --device-id N              P4Runtime device id (default 0)
  -i, --interface PORT@IFACE attach a network interface as a port; may be repeated
  -i PORT@pcap:NAME          frames come from NAME_in.pcap and go to NAME_out.pcap
  --use-files SECONDS        all interfaces are such files, read after so many seconds
  --pcap[=FOLDER]            capture each port into IFACE_in.pcap and IFACE_out.pcap (default .)
  --log-console              log to standard error at level info
  --log-file NAME            log to NAME.txt at level info
  -L, --log-level LEVEL      ${LOG_LEVELS.join(', ')} (default warn, info with the two above)
  --thrift-port, --nanolog and others without a meaning here are accepted and ignored, with a warning
  --trace[=human|json]       what happens to each packet, on standard output (slow)
  --admin-socket PATH        where "storeswitch switch-ctl" reaches this switch while it runs
  --normal-priority          do not ask for real-time priority for the packet thread
  --coalesce-us N            under load, frames wait up to N us for others, as network cards
                             have it: fewer wake-ups, less CPU time (default ${COALESCE_US}; 0: never)
  -v, --version              print the version
  --json-version             print the version of BMv2's JSON format that programs may have
  -h, --help                 this text

Target options, after --:
  --grpc-server-addr H:P     where P4Runtime is served (default 0.0.0.0:9559)
  --grpc-server-ssl          serve it over TLS, with
    --grpc-server-cert FILE  the server's certificate (PEM)
    --grpc-server-key FILE   its key (PEM)
    --grpc-server-with-client-auth  and only for clients with a certificate that
    --grpc-server-cacert FILE       vouches for (PEM)
  --cpu-port N               the port of packet-ins and packet-outs
  --drop-port N              the egress_spec that drops (default 511)
  --priority-queues N        priorities below N are forwarded, others dropped (default 1)
`;

/** Reads `argv` (without node and script). Throws FlagError. */
export function parseFlags(argv: readonly string[]): SwitchFlags {
  const flags: SwitchFlags = {
    program_path: undefined,
    device_id: 0n,
    interfaces: [],
    log_level: 'warn',
    log_file: undefined,
    grpc_server_addr: '0.0.0.0:9559',
    tls: undefined,
    cpu_port: undefined,
    drop_port: undefined,
    priority_queues: undefined,
    pcap_folder: undefined,
    trace: undefined,
    admin_socket: undefined,
    scheduling: 'real_time',
    coalesce_us: undefined,
    help: false,
    print: undefined,
    notices: [],
  };
  let has_no_p4 = false;
  let has_level = false;
  let replay_wait_s: number | undefined;
  const tls: TlsFlags = { ssl: false, client_auth: false };
  const args = new Arguments(argv);
  for (let flag = args.next(); flag !== undefined; flag = args.next()) {
    switch (flag) {
      case '--':
        break;
      case '-h':
      case '--help':
        flags.help = true;
        break;
      case '-v':
      case '--version':
        flags.print = 'version';
        break;
      case '--json-version':
        flags.print = 'json version';
        break;
      case '--no-p4':
        has_no_p4 = true;
        break;
      case '--device-id':
        flags.device_id = parseId(flag, args.value(flag));
        break;
      case '-i':
      case '--interface':
        addInterface(flags.interfaces, parseInterface(args.value(flag)));
        break;
      case '--use-files':
        replay_wait_s = parseSeconds(flag, args.value(flag));
        break;
      case '--pcap':
        flags.pcap_folder = args.optionalValue(isFolder) ?? '.';
        break;
      case '--trace':
        flags.trace = parseTrace(args.optionalValue(() => false) ?? 'human');
        break;
      case '--admin-socket':
        flags.admin_socket = args.value(flag);
        break;
      case '--normal-priority':
        flags.scheduling = 'normal';
        break;
      case '--coalesce-us':
        flags.coalesce_us = parseCoalescing(flag, args.value(flag));
        break;
      case '--log-console':
        if (!has_level) flags.log_level = 'info';
        break;
      case '--log-file':
        // The name that BMv2 gives it.
        flags.log_file = `${args.value(flag)}.txt`;
        if (!has_level) flags.log_level = 'info';
        break;
      case '-L':
      case '--log-level':
        flags.log_level = parseLevel(args.value(flag));
        has_level = true;
        break;
      case '--grpc-server-addr':
        flags.grpc_server_addr = parseAddress(args.value(flag));
        break;
      case '--grpc-server-ssl':
        tls.ssl = true;
        break;
      case '--grpc-server-with-client-auth':
        tls.client_auth = true;
        break;
      case '--grpc-server-cert':
        tls.certificate = args.value(flag);
        break;
      case '--grpc-server-key':
        tls.key = args.value(flag);
        break;
      case '--grpc-server-cacert':
        tls.authorities = args.value(flag);
        break;
      case '--cpu-port':
        flags.cpu_port = parsePort(flag, args.value(flag));
        break;
      case '--drop-port':
        flags.drop_port = parsePort(flag, args.value(flag));
        break;
      case '--priority-queues':
        flags.priority_queues = parseQueues(flag, args.value(flag));
        break;
      default:
        parseOther(flags, args, flag);
    }
  }
  if (flags.help || flags.print !== undefined) return flags;
  if (replay_wait_s !== undefined) {
    const wait_s = replay_wait_s;
    flags.interfaces = flags.interfaces.map((spec) => ({ ...spec, replay: { wait_s } }));
  }
  flags.tls = tlsPaths(tls, flags.notices);
  if (!has_no_p4 && flags.program_path === undefined) {
    throw new FlagError('a program is expected: the path of a JSON file, or --no-p4');
  }
  if (has_no_p4 && flags.program_path !== undefined) {
    throw new FlagError(`--no-p4 and the program ${flags.program_path} exclude each other`);
  }
  if (flags.log_file !== undefined && argv.includes('--log-console')) {
    throw new FlagError('--log-console and --log-file exclude each other');
  }
  checkPorts(flags);
  const cpu_interface = flags.interfaces.find(({ number }) => number === flags.cpu_port);
  if (cpu_interface !== undefined) {
    throw new FlagError(
      `--cpu-port ${cpu_interface.number} is also interface ${cpu_interface.interface_name}`,
    );
  }
  return flags;
}

/** simple_switch_grpc refuses CPU port 0 too; at the drop port, packets to the CPU would be dropped. */
function checkPorts({ cpu_port, drop_port = PORT_MAX }: SwitchFlags): void {
  if (cpu_port === 0) throw new FlagError(`--cpu-port: a port within 1..${PORT_MAX} is expected, not "0"`);
  if (cpu_port === drop_port)
    throw new FlagError(`--cpu-port ${cpu_port} is the drop port: what is sent there is dropped`);
}

interface TlsFlags {
  ssl: boolean;
  client_auth: boolean;
  certificate?: string;
  key?: string;
  authorities?: string;
}

/** What goes with what, as simple_switch_grpc has it. */
function tlsPaths(given: TlsFlags, notices: string[]): TlsPaths | undefined {
  const { ssl, client_auth, certificate, key, authorities } = given;
  if (!ssl) {
    if (client_auth) throw new FlagError('--grpc-server-with-client-auth needs --grpc-server-ssl');
    if (certificate !== undefined || key !== undefined || authorities !== undefined)
      notices.push('certificates and keys are ignored: there is no --grpc-server-ssl');
    return undefined;
  }
  if (certificate === undefined) throw new FlagError('--grpc-server-ssl needs --grpc-server-cert');
  if (key === undefined) throw new FlagError('--grpc-server-ssl needs --grpc-server-key');
  if (client_auth && authorities === undefined)
    throw new FlagError('--grpc-server-with-client-auth needs --grpc-server-cacert');
  if (!client_auth && authorities !== undefined)
    notices.push('--grpc-server-cacert is ignored: there is no --grpc-server-with-client-auth');
  return { certificate, key, client_authorities: client_auth ? authorities : undefined };
}

/** The words of a command line, `--flag=value` as two. */
class Arguments {
  private at = 0;
  private inline_value: string | undefined;

  constructor(private readonly words: readonly string[]) {}

  next(): string | undefined {
    if (this.inline_value !== undefined) {
      throw new FlagError(`${this.words[this.at - 1] ?? ''}: this flag takes no value`);
    }
    const word = this.words[this.at++];
    if (word === undefined) return undefined;
    const equals = word.indexOf('=');
    if (word.startsWith('--') && equals > 0) {
      this.inline_value = word.slice(equals + 1);
      return word.slice(0, equals);
    }
    if (/^-[iL]./.test(word)) {
      this.inline_value = word.slice(2);
      return word.slice(0, 2);
    }
    return word;
  }

  /** What follows `=`; else the next word, if it is `accepted`. */
  optionalValue(accepted: (word: string) => boolean): string | undefined {
    if (this.inline_value !== undefined) return this.value('');
    const word = this.words[this.at];
    if (word === undefined || word.startsWith('-') || !accepted(word)) return undefined;
    this.at++;
    return word;
  }

  value(flag: string): string {
    const value = this.inline_value ?? this.words[this.at++];
    this.inline_value = undefined;
    if (value === undefined || value === '') throw new FlagError(`${flag} needs a value`);
    return value;
  }
}

function parseOther(flags: SwitchFlags, args: Arguments, word: string): void {
  const ignored = IGNORED[word];
  if (ignored !== undefined) {
    if (ignored.takes_value) args.value(word);
    flags.notices.push(`${word} is ignored: ${ignored.reason}`);
    return;
  }
  const refusal = REFUSED[word];
  if (refusal !== undefined) throw new FlagError(`${word} is not supported: ${refusal}`);
  if (word.startsWith('-')) throw new FlagError(`unknown flag ${word}`);
  if (flags.program_path !== undefined) {
    throw new FlagError(`one program is expected, not both ${flags.program_path} and ${word}`);
  }
  flags.program_path = word;
}

function addInterface(interfaces: PortSpec[], added: PortSpec): void {
  for (const { number, interface_name } of interfaces) {
    if (number === added.number) throw new FlagError(`--interface: port ${number} is given twice`);
    if (interface_name === added.interface_name) {
      throw new FlagError(`--interface: ${interface_name} is given to two ports`);
    }
  }
  interfaces.push(added);
}

function parseInterface(text: string): PortSpec {
  const match = /^(\d+)@(.+)$/.exec(text);
  const [, number, interface_name] = match ?? [];
  if (number === undefined || interface_name === undefined) {
    throw new FlagError(`--interface: PORT@INTERFACE is expected (as in 1@eth0), not "${text}"`);
  }
  const prefix = /^pcap:(.+)$/.exec(interface_name)?.[1];
  return {
    number: parsePort('--interface', number),
    interface_name: prefix ?? interface_name,
    ...(prefix === undefined ? {} : { replay: { wait_s: 0 } }),
  };
}

function parsePort(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > PORT_MAX) {
    throw new FlagError(`${flag}: a port within 0..${PORT_MAX} is expected, not "${text}"`);
  }
  return port;
}

function parseQueues(flag: string, text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new FlagError(`${flag}: a number within 1..99999 is expected, not "${text}"`);
  return Number(text);
}

function parseCoalescing(flag: string, text: string): number {
  const duration_us = Number(text);
  if (!/^\d{1,5}$/.test(text) || duration_us > COALESCE_MAX_US)
    throw new FlagError(`${flag}: microseconds within 0..${COALESCE_MAX_US} are expected, not "${text}"`);
  return duration_us;
}

function parseId(flag: string, text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >> 64n !== 0n) {
    throw new FlagError(`${flag}: a number below 2^64 is expected, not "${text}"`);
  }
  return BigInt(text);
}

function parseSeconds(flag: string, text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > 3600) {
    throw new FlagError(`${flag}: seconds within 0..3600 are expected, not "${text}"`);
  }
  return seconds;
}

function parseTrace(text: string): TraceFormat {
  const format = TRACE_FORMATS.find((one) => one === text);
  if (format === undefined) {
    throw new FlagError(`--trace: one of ${TRACE_FORMATS.join(', ')} is expected, not "${text}"`);
  }
  return format;
}

/** `--pcap FOLDER` is written without = too, but must not swallow a program's path. */
function isFolder(word: string): boolean {
  return statSync(word, { throwIfNoEntry: false })?.isDirectory() === true;
}

function parseLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text);
  if (level === undefined) {
    throw new FlagError(`--log-level: one of ${LOG_LEVELS.join(', ')} is expected, not "${text}"`);
  }
  return level;
}

function parseAddress(text: string): string {
  if (/^unix:./.test(text)) return text;
  const [, port] = /^.+:(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new FlagError(`--grpc-server-addr: HOST:PORT or unix:PATH is expected, not "${text}"`);
  }
  return text;
}
