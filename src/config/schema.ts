/**
 * The shape of the virtualizer's configuration: every key with its default and meaning. `docs/reference/config.md`
 * explains them at length; a test holds the two together. What ties entries to each other is in `check.ts`.
 */
import { z } from 'zod';
import { CLIENTS, SESSIONS, STORES } from '../dataplane/sizes';
import { ETHERNET_MTU, JUMBO_MTU_MAX } from '../wire/ethernet';
import { IPV4_MTU_MIN } from '../wire/ipv4';
import { smbSchema } from './smb_schema';
import {
  handlePrefix,
  hostPort,
  integer,
  interfaceAddress,
  interfaceName,
  milliseconds,
  name,
  network,
  path,
  rpcProgram,
  switchPort,
  transportPort,
  unicastIpv4,
  unicastMac,
} from './values';

export const DEFAULT_ADMIN_SOCKET = '/run/storeswitch/admin.sock';
export const DEFAULT_GATEWAY_SOCKET = '/run/storeswitch/gateway.sock';

const switchSchema = z.strictObject({
  address: hostPort.default('127.0.0.1:9559').describe('P4Runtime server of the switch'),
  device_id: integer(1, Number.MAX_SAFE_INTEGER).default(1).describe('P4Runtime device id'),
  election_id: integer(1, Number.MAX_SAFE_INTEGER)
    .default(1)
    .describe('the controller with the highest election id is primary'),
  pipeline: path
    .optional()
    .describe('folder with storeswitch.json and storeswitch.p4info.txtpb; without it, the pipeline shipped'),
  cpu_port: switchPort.default(255).describe('port number that means the controller'),
});

const portSchema = z.strictObject({
  name: name.describe('what stores refer to'),
  number: switchPort.describe('port number in the switch'),
  role: z
    .enum(['external', 'internal', 'gateway'], 'one of external, internal, gateway')
    .describe("external: towards clients; internal: towards stores; gateway: towards this host's gateway"),
  mac: unicastMac.describe("the virtualizer's own MAC address on this port"),
  addresses: z
    .array(interfaceAddress)
    .prefault([])
    .describe("the virtualizer's own addresses on this port; their networks are reached through it"),
  host_port: switchPort.optional().describe('number of the shadow port towards the host'),
  interface: interfaceName
    .optional()
    .describe('with role gateway: the interface of this host that the port leads to'),
  mtu: integer(IPV4_MTU_MIN, JUMBO_MTU_MAX, 'octets')
    .optional()
    .describe(`largest IP packet that clients behind this external port take; ${ETHERNET_MTU} without it`),
});

const routeSchema = z.strictObject({
  to: network.describe('destination network'),
  via: unicastIpv4.describe("next hop, in one of the ports' networks"),
});

const storeWeight = integer(0, 1000, 'a weight');

const storeSchema = z.strictObject({
  name: name.describe('what pools refer to'),
  address: unicastIpv4.describe("the store's own address, not the virtual one"),
  port: name
    .optional()
    .describe(
      "internal port it is behind; without it, the internal ports whose network has the store's address",
    ),
  mac: unicastMac.optional().describe('fixed MAC address; without it, found by ARP'),
  weight: storeWeight.default(1).describe('share of requests where the pool gives no weight of its own'),
});

const poolMemberSchema = z.union(
  [
    name.transform((store): { store: string; weight?: number | undefined } => ({ store })),
    z.strictObject({
      store: name.describe('name of a store'),
      weight: storeWeight.optional().describe("share of requests; without it, the store's weight; 0: none"),
    }),
  ],
  'the name of a store, or { store, weight }',
);

/** As the file writes them. */
export const POLICIES = [
  'hash',
  'round-robin',
  'random',
  'by-object',
  'by-client',
  'least-of-2',
  'least-of-4',
] as const;

const poolSchema = z.strictObject({
  name: name.describe('what services refer to'),
  stores: z.array(poolMemberSchema).min(1, 'at least one store').describe('names, or { store, weight }'),
  jumbo: integer(ETHERNET_MTU + 1, JUMBO_MTU_MAX, 'octets')
    .optional()
    .describe('a request of several packets reaches the store in packets of up to so many octets'),
  policy: z
    .enum(POLICIES, `one of ${POLICIES.join(', ')}`)
    .default('hash')
    .describe('how requests that may go to any store are shared out'),
  response_path: z
    .enum(['virtualizer', 'direct'], 'one of virtualizer, direct')
    .default('virtualizer')
    .describe('virtualizer: responses come back through it; direct is not in this version'),
});

const exportSchema = z.strictObject({
  name: name.describe('what rules refer to'),
  handle: handlePrefix.describe('what the file handles of the export begin with, in hexadecimal'),
});

const ruleSchema = z.strictObject({
  export: name.optional().describe('an export of this virtual store; without it, all'),
  procedures: z
    .union(
      [z.enum(['reads', 'changes']), z.array(z.string()).min(1)],
      'reads, changes or a list of procedures of the program, such as [READ, GETATTR]',
    )
    .optional()
    .describe('procedures of the program; without it, all'),
  pool: name.describe('pool of this virtual store that serves these requests'),
});

const healthKeys = {
  interval_ms: milliseconds.describe('time from one check to the next'),
  timeout_ms: milliseconds.describe('a check not answered by then has failed'),
  failures: integer(1, 100, 'a number of checks').describe('failed checks in a row that take a store out'),
  successes: integer(1, 100, 'a number of checks').describe('good checks in a row that take it back in'),
};

const healthSchema = z.strictObject({
  interval_ms: healthKeys.interval_ms.default(200),
  timeout_ms: healthKeys.timeout_ms.default(200),
  failures: healthKeys.failures.default(3),
  successes: healthKeys.successes.default(2),
});

const serviceHealthSchema = z.strictObject({
  check: z
    .enum(['null_rpc', 'tcp_connect', 'none'], 'one of null_rpc, tcp_connect, none')
    .optional()
    .describe(
      "null_rpc: call the program's procedure 0, the default where the service has a program; tcp_connect: begin a connection, the default of other services over TCP",
    ),
  interval_ms: healthKeys.interval_ms.optional(),
  timeout_ms: healthKeys.timeout_ms.optional(),
  failures: healthKeys.failures.optional(),
  successes: healthKeys.successes.optional(),
});

/** Modes that a later version brings are named, so that their error can say so. */
const MODE_EXPECTED = 'request (with protocol udp), session (with protocol tcp) or terminate';
const mode = z.enum(['request', 'session', 'terminate'], {
  error: (issue) =>
    issue.input === 'slow' ? `${MODE_EXPECTED}; mode slow is not in this version` : MODE_EXPECTED,
});

/** The switch draws with 16 bits. */
const SAMPLE_MAX = 65_536;

const serviceRecordsSchema = z.strictObject({
  sample: integer(1, SAMPLE_MAX, 'a number of requests')
    .optional()
    .describe('one request in so many is recorded in full, 1: all; without it, none'),
});

const serviceSchema = z.strictObject({
  name: name.describe('what status, counters and commands call it'),
  protocol: z.enum(['udp', 'tcp'], 'one of udp, tcp').describe('IP protocol'),
  port: transportPort.describe('destination port'),
  program: rpcProgram.optional().describe('RPC program, by name or number; needed in mode request'),
  version: integer(0, 0xffffffff)
    .optional()
    .describe('version that health checks call; by default nfs 3, mount 3, nlm 4, portmap 2, status 1'),
  mode: mode.describe(
    'request: each RPC call is balanced by itself; session: each TCP connection; ' +
      "terminate: this host's gateway takes connections apart, and each call is balanced",
  ),
  pool: name.describe('pool of this virtual store that serves it'),
  rules: z
    .array(ruleSchema)
    .prefault([])
    .describe('other pools for some exports or procedures; the first rule that fits counts'),
  health: serviceHealthSchema.prefault({}).describe('differences from the health section'),
  records: serviceRecordsSchema.prefault({}).describe('performance records of this service'),
});

const virtualStoreSchema = z.strictObject({
  name: name.describe('what status, counters and commands call it'),
  address: unicastIpv4.describe('virtual address (VIP) that clients use'),
  pools: z.array(poolSchema).min(1, 'at least one pool').describe('sets of stores'),
  exports: z.array(exportSchema).prefault([]).describe('exports that rules tell apart'),
  services: z.array(serviceSchema).min(1, 'at least one service').describe('what clients may ask for'),
  smb: smbSchema.optional().describe('SMB shares of its exports; without it, none'),
});

const neighboursSchema = z.strictObject({
  retry_ms: milliseconds
    .default(250)
    .describe('time between ARP requests for an address that has not answered'),
  attempts: integer(1, 100)
    .default(4)
    .describe('ARP requests before the frames that wait for a client are dropped; stores are asked for ever'),
  refresh_ms: milliseconds.default(30_000).describe('a resolved address is asked again after this time'),
});

const limitsSchema = z.strictObject({
  client_routes_max: integer(1, CLIENTS)
    .default(16_384)
    .describe('client routes kept in the switch; the longest unused one gives way'),
  client_route_idle_ms: milliseconds
    .default(600_000)
    .describe('a client route unused for this time is removed'),
  clients_per_mac_max: integer(1, CLIENTS)
    .default(4096)
    .describe('clients with one MAC address; all those behind a router have that of the router'),
  clients_per_second_max: integer(1, 100_000)
    .default(500)
    .describe('clients that are learned or move in a second, by what one external port receives'),
  client_packet_ins_per_second_max: integer(1, 10_000_000)
    .default(8192)
    .describe(
      'packets from one client address that reach the controller in a second; the switch drops the rest',
    ),
  pending_frames_max: integer(0, 65_536).default(1024).describe('frames that wait for an ARP answer, in all'),
  pending_frames_per_address_max: integer(0, 65_536).default(64).describe('frames that wait for one address'),
  fragmented_requests_max: integer(1, 65_536)
    .default(4096)
    .describe('requests of several packets that the controller puts in order, at one time'),
  fragmented_requests_per_client_max: integer(1, 65_536)
    .default(1024)
    .describe('such requests of one client address; those that were given up count for as long'),
  fragments_max: integer(1, 1_048_576).default(16_384).describe('packets of such requests that wait, in all'),
  fragments_per_client_max: integer(1, 1_048_576)
    .default(1024)
    .describe('packets of such requests that wait, from one client address'),
  sessions_max: integer(1, SESSIONS)
    .default(65_536)
    .describe('TCP connections that are pinned to their stores, and reset when those die'),
});

/** What one datagram can carry, less the largest headers and credentials. */
const TRANSFER_OCTETS_MAX = 61_440;
const TRANSFER_MULTIPLE = 4096;
const transferOctets = integer(TRANSFER_MULTIPLE, TRANSFER_OCTETS_MAX, 'octets').refine(
  (octets) => octets % TRANSFER_MULTIPLE === 0,
  `a multiple of ${TRANSFER_MULTIPLE} octets`,
);

const gatewaySchema = z.strictObject({
  socket: path.default(DEFAULT_GATEWAY_SOCKET).describe('Unix socket of the running gateway'),
  trusted: z
    .array(network)
    .prefault([])
    .describe(
      'networks that may ask over UDP for answers much larger than their calls, and who has mounted what',
    ),
  amplification_max: integer(1, 100)
    .default(2)
    .describe('octets of an answer of portmap or MOUNT over UDP, per octet of a stranger’s call'),
  source_events_per_second_max: integer(1, 100_000)
    .default(200)
    .describe(
      'datagrams of one /24, and connections of one address, that portmap and MOUNT together take in a second',
    ),
  read_octets_max: transferOctets.default(32_768).describe('data that one READ brings at most'),
  write_octets_max: transferOctets.default(32_768).describe('data that one WRITE takes at most'),
  connections_max: integer(1, 1_048_576).default(16_384).describe('client connections at one time'),
  connection_calls_max: integer(1, 65_536)
    .default(128)
    .describe('calls of one connection that wait for replies; then nothing more is read from it'),
  idle_ms_max: integer(0, 86_400_000, 'milliseconds')
    .default(360_000)
    .describe('a connection without calls for so long is closed; 0: never'),
});

const MEBIBYTE = 1_048_576;

const recordsSchema = z.strictObject({
  folder: path
    .optional()
    .describe('folder for files of records, sampled frames and summaries; without it, none are written'),
  rotate_bytes: integer(MEBIBYTE / 16, 1024 * MEBIBYTE, 'octets')
    .default(16 * MEBIBYTE)
    .describe('a file that would grow beyond this is put aside'),
  rotate_files: integer(1, 1000, 'a number of files')
    .default(8)
    .describe('files of a kind that are kept, the one being written among them'),
  summary_interval_ms: milliseconds.default(60_000).describe('time from one summary to the next'),
  unanswered_ms: milliseconds
    .default(10_000)
    .describe('a sampled request that is not answered by then is recorded as unanswered'),
  waiting_max: integer(1, 1_048_576, 'a number of requests')
    .default(16_384)
    .describe('sampled requests that wait for their response at one time'),
});

export const configSchema = z.strictObject({
  switch: switchSchema.prefault({}).describe('the P4Runtime target'),
  admin: z
    .strictObject({
      socket: path.default(DEFAULT_ADMIN_SOCKET).describe('Unix socket of the running controller'),
    })
    .prefault({})
    .describe('local administration'),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
          error: 'one of trace, debug, info, warn, error, fatal, silent',
        })
        .default('info')
        .describe('lowest level that is logged'),
    })
    .prefault({})
    .describe('log on standard error'),
  ports: z.array(portSchema).min(1, 'at least one port').describe('switch ports'),
  routes: z.array(routeSchema).prefault([]).describe("next hops to clients outside the ports' networks"),
  stores: z
    .array(storeSchema)
    .min(1, 'at least one store')
    .max(STORES - 1, `at most ${STORES - 1} stores, as many as the pipeline holds`)
    .describe('the real stores'),
  virtual_stores: z
    .array(virtualStoreSchema)
    .min(1, 'at least one virtual store')
    .describe('what clients see'),
  health: healthSchema.prefault({}).describe('health checks of stores; a service may differ'),
  neighbours: neighboursSchema.prefault({}).describe('address resolution'),
  gateway: gatewaySchema.prefault({}).describe('what serves mode terminate: `storeswitch gateway run`'),
  records: recordsSchema.prefault({}).describe('performance records of sampled requests, and summaries'),
  limits: limitsSchema.prefault({}).describe('bounds of what traffic makes the controller keep'),
});

/** A configuration of the right shape: defaults filled in, references between entries not yet looked at. */
export type ConfigShape = z.output<typeof configSchema>;

/** JSON Schema (draft 2020-12) of a configuration file, for editors and `storeswitch config schema`. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
