import { action } from '../../src/p4runtime/action';
import { exact, lpm, ternary } from '../../src/p4runtime/match';
import type { TableEntry } from '../../src/p4runtime/table_entry';
import type { CloneSession } from '../../src/p4runtime/replication';
import { ipv4ToNumber, macToBigint } from '../../src/wire/address';
import { NET, NFS_PORT, SLOW_PORT } from './packets';

// Numbers of p4/constants.p4, written out: these tests say what the program does, not what our code believes.
const ROLE = { external: 1, internal: 2, host: 3 } as const;
const CLASS = { any: 1, byObject: 2, byRequest: 3 } as const;
export const DROP = {
  unknownPort: 1,
  notAdmitted: 2,
  spoofedVip: 3,
  noHostPort: 6,
  noService: 7,
  notOurs: 8,
  fragmentedRequest: 9,
  malformed: 10,
  notRpcCall: 11,
  rpcVersion: 12,
  noStore: 13,
  tinyFragment: 15,
  fragmentOverlap: 16,
  fragmentBeyond: 17,
  fragmentRepeated: 18,
  clientRate: 19,
} as const;
export const PUNT = {
  arpReply: 1,
  clientRouteMiss: 2,
  service: 3,
  fragment: 4,
  fragmentPassed: 5,
  record: 6,
  tooLarge: 7,
  session: 8,
} as const;

export const SERVICE = { nfsUdp: 1, nfsTcp: 2, slow: 3, other: 4, terminated: 5 } as const;
export const POOL = 0;
/** Of the second virtual store; its slots are the tests' to fill. */
export const OTHER_POOL = 2;
export const STORES = [10, 11] as const;
export const SLOTS = 1024;
/** Of the service that the host terminates. */
export const TERMINATED_PORT = 4002;
/** In no service's pool. */
export const EMPTY_POOL_PORT = 4001;
const CPU_CLONE_SESSION = 1;
const ALL_MAC = 0xffff_ffff_ffffn;
const ALL_IPV4 = 0xffff_ffffn;

const ip = (text: string) => ipv4ToNumber(text);
const mac = (text: string) => macToBigint(text);

/** Slot -> owner; the other store stands by. */
export function slotEntries(owner: (slot: number) => 0 | 1, pool: number = POOL): TableEntry[] {
  return Array.from({ length: SLOTS }, (_, slot) => ({
    table: 'slot',
    match: { pool_id: exact(pool), slot: exact(slot) },
    action: action('choose', {
      store_id: STORES[owner(slot)],
      standby_id: STORES[owner(slot) === 0 ? 1 : 0],
    }),
  }));
}

const POLICY = {
  hash: 1,
  round_robin: 2,
  random: 3,
  by_object: 4,
  by_client: 5,
  least_of_2: 6,
  least_of_4: 7,
} as const;
export type PolicyName = keyof typeof POLICY;

export function poolPolicy(policy: PolicyName, { is_jumbo = false, pool = POOL } = {}): TableEntry {
  return {
    table: 'pool',
    match: { pool_id: exact(pool) },
    action: action('set_policy', {
      policy: POLICY[policy],
      is_counted: Number(policy.startsWith('least')),
      is_jumbo: Number(is_jumbo),
    }),
  };
}

/** Position -> the store offered first; the other one is second. */
export function drawEntries(first: (position: number) => 0 | 1, pool: number = POOL): TableEntry[] {
  return Array.from({ length: SLOTS }, (_, position) => {
    const store_1 = STORES[first(position)];
    const store_2 = STORES[first(position) === 0 ? 1 : 0];
    return {
      table: 'draw',
      match: { pool_id: exact(pool), position: exact(position) },
      action: action('offer', {
        ...{ store_1, cost_1: 1, store_2, cost_2: 1 },
        ...{ store_3: store_1, cost_3: 1, store_4: store_2, cost_4: 1 },
      }),
    };
  });
}

/** Handles of the first service that begin with `prefix`, in hexadecimal. */
export function exportEntry(prefix: string, export_id: number): TableEntry {
  const value = BigInt(`0x${prefix.padEnd(32, '0')}`);
  const mask = BigInt(`0x${'f'.repeat(prefix.length).padEnd(32, '0')}`);
  return {
    table: 'export',
    priority: 1,
    match: { service_id: exact(SERVICE.nfsUdp), handle_prefix: ternary(value, mask) },
    action: action('set_export', { export_id }),
  };
}

export function capability(
  key: { export_id?: number; procedure_id?: number },
  pool_id: number,
  priority: number,
): TableEntry {
  const fields = Object.entries(key).map(([name, value]) => [name, ternary(value, 0xffff)]);
  return {
    table: 'capability',
    priority,
    match: { service_id: exact(SERVICE.nfsUdp), ...(Object.fromEntries(fields) as TableEntry['match']) },
    action: action('set_pool', { pool_id }),
  };
}

export function storeDown(store: 0 | 1): TableEntry {
  return { table: 'store_down', match: { store_id: exact(STORES[store]) }, action: action('reselect') };
}

/** Of the client's connection from a port. */
export function sessionPin(clientPort: number, store: 0 | 1): TableEntry {
  return {
    table: 'session_pin',
    match: {
      src_addr: exact(ip(NET.client)),
      src_port: exact(clientPort),
      dst_addr: exact(ip(NET.vip)),
      dst_port: exact(NFS_PORT),
    },
    action: action('pin', { store_id: STORES[store] }),
  };
}

export function clientRoute(): TableEntry {
  return {
    table: 'client_route',
    match: { dst_addr: lpm(ip(NET.client), 32) },
    action: action('client_route.forward', { port: NET.clientPort, mac: mac(NET.clientMac) }),
  };
}

export function clientKnown(): TableEntry {
  return {
    table: 'client_known',
    match: {
      ingress_port: exact(NET.clientPort),
      src_mac: exact(mac(NET.clientMac)),
      src_addr: exact(ip(NET.client)),
    },
    action: action('known'),
  };
}

function admitEntries(): TableEntry[] {
  const ourMacs = [NET.externalMac, ...NET.internalMacs];
  return [
    {
      table: 'admit',
      priority: 100,
      match: { role: ternary(ROLE.external, 0xff), src_addr: ternary(ip(NET.vip), ALL_IPV4) },
      action: action('deny', { reason: DROP.spoofedVip }),
    },
    { table: 'admit', priority: 90, match: { role: ternary(ROLE.host, 0xff) }, action: action('allow') },
    ...ourMacs.map((address) => ({
      table: 'admit',
      priority: 80,
      match: { dst_mac: ternary(mac(address), ALL_MAC) },
      action: action('allow'),
    })),
    {
      table: 'admit',
      priority: 70,
      match: { dst_mac: ternary(1n << 40n, 1n << 40n) },
      action: action('allow'),
    },
  ];
}

function service(
  protocol: number,
  port: number,
  call: ReturnType<typeof action>,
  vip: string = NET.vip,
  role: number = ROLE.external,
): TableEntry {
  return {
    table: 'virtual_service',
    match: { role: exact(role), dst_addr: exact(ip(vip)), protocol: exact(protocol), dst_port: exact(port) },
    action: call,
  };
}

/** The first service; of 65536 requests, `sample_below` are recorded. */
export const NFS_SERVICE = (sample_below: number): TableEntry =>
  service(17, NFS_PORT, action('request', { service_id: SERVICE.nfsUdp, pool_id: POOL, sample_below }));

/** All but slots, client routes and known clients. */
export function networkEntries(): TableEntry[] {
  const role = (port: number, value: number): TableEntry => ({
    table: 'port_role',
    match: { ingress_port: exact(port) },
    action: action('set_role', { role: value }),
  });
  const peer = (port: number, other: number): TableEntry => ({
    table: 'host_port',
    match: { ingress_port: exact(port) },
    action: action('set_peer', { port: other }),
  });
  const local = (address: string, isFollower: number, name: string): TableEntry => ({
    table: 'local_address',
    match: { dst_addr: exact(ip(address)), is_follower: exact(isFollower) },
    action: action(name),
  });
  const procedure = (number: number, placement: number, program = 100003, version = 3): TableEntry => ({
    table: 'procedure_class',
    match: { program: exact(program), version: exact(version), procedure: exact(number) },
    action: action('set_class', { placement, procedure_id: number }),
  });
  return [
    role(NET.clientPort, ROLE.external),
    ...NET.storePorts.map((port) => role(port, ROLE.internal)),
    role(NET.hostPort, ROLE.host),
    ...clientRate(),
    peer(NET.clientPort, NET.hostPort),
    peer(NET.hostPort, NET.clientPort),
    ...admitEntries(),
    {
      table: 'arp',
      match: { ingress_port: exact(NET.clientPort), target_addr: exact(ip(NET.vip)) },
      action: action('reply', { mac: mac(NET.externalMac) }),
    },
    NFS_SERVICE(0),
    service(6, NFS_PORT, action('session', { service_id: SERVICE.nfsTcp, pool_id: POOL })),
    service(6, TERMINATED_PORT, action('terminate', { service_id: SERVICE.terminated })),
    service(17, SLOW_PORT, action('slow', { service_id: SERVICE.slow }), NET.ownInternal, ROLE.internal),
    service(
      17,
      NFS_PORT,
      action('request', { service_id: SERVICE.other, pool_id: OTHER_POOL, sample_below: 0 }),
      NET.otherVip,
    ),
    service(
      17,
      EMPTY_POOL_PORT,
      action('request', { service_id: SERVICE.nfsUdp, pool_id: POOL + 1, sample_below: 0 }),
    ),
    local(NET.vip, 0, 'virtual'),
    local(NET.vip, 1, 'follow'),
    local(NET.ownExternal, 0, 'own'),
    local(NET.ownInternal, 0, 'own'),
    procedure(1, CLASS.any),
    procedure(7, CLASS.byObject),
    procedure(21, CLASS.byObject),
    procedure(12, CLASS.byRequest),
    ...[1, 2, 3, 4, 7, 20].map((number) => procedure(number, CLASS.byObject, 100021, 4)),
    ...STORES.map((id, i) => ({
      table: 'store',
      match: { store_id: exact(id) },
      action: action('store.forward', {
        mac: mac(NET.storeMacs[i] as string),
        port: NET.storePorts[i] as number,
      }),
    })),
    ...STORES.map((id, i) => ({
      table: 'sender',
      match: { src_mac: exact(mac(NET.storeMacs[i] as string)) },
      action: action('set_sender', { store_id: id }),
    })),
    ...[NET.externalMac, ...NET.internalMacs].map((address, i) => ({
      table: 'port_mac',
      match: { egress_port: exact([NET.clientPort, ...NET.storePorts][i] as number) },
      action: action('set_source', { mac: mac(address) }),
    })),
  ];
}

/** What one client may send the controller. Without a rate: no limit. */
export function clientRate(packets_per_second?: number, burst = 1): TableEntry[] {
  const interval = packets_per_second === undefined ? 0 : 64_000_000 / packets_per_second;
  return [
    {
      table: 'client_limit',
      match: { role: exact(ROLE.external) },
      action: action('set_limit', { interval, burst: (burst - 1) * interval }),
    },
  ];
}

export function cpuCloneSession(cpu_port: number): CloneSession {
  return { clone_session: CPU_CLONE_SESSION, replicas: [{ port: cpu_port, instance: 1 }] };
}
