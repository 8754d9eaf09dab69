/** The entries that follow from the configuration alone. */
import type { PortConfig, ServiceConfig } from '../config/config';
import { SMB_PORT } from '../config/check_smb';
import { isForwarded } from '../config/modes';
import { admit } from '../dataplane/admit';
import { arp } from '../dataplane/arp';
import { clientLimit, limitOf } from '../dataplane/client_limit';
import { gateway } from '../dataplane/gateway';
import { GATEWAY_PORTS, leadingBits } from '../dataplane/gateway_ports';
import { gatewayReply } from '../dataplane/gateway_reply';
import { hostPort } from '../dataplane/host_port';
import { localAddress } from '../dataplane/local_address';
import { portMac } from '../dataplane/port_mac';
import { portMtu } from '../dataplane/port_mtu';
import { portRole } from '../dataplane/port_role';
import { procedureRows } from '../dataplane/procedure_class';
import { bucketRows } from '../dataplane/response_time_bucket';
import type { DropReason } from '../dataplane/constants';
import * as sizes from '../dataplane/sizes';
import type { Row } from '../dataplane/table';
import { virtualService } from '../dataplane/virtual_service';
import { IP_PROTOCOL } from '../wire/ipv4';
import { planChecks, PROBE_PORT, PROBE_SERVICE_ID, probeSources } from './check_plan';
import { NO_ID } from './ids';
import type { Network } from './network';
import { poolRows } from './pool_rows';
import { planSeries, seriesRows } from './series';

/** The bit that group addresses have set (IEEE 802). */
const GROUP = { value: '01:00:00:00:00:00', mask: '01:00:00:00:00:00' };

/** A client may send at once what it may send in so long. */
const BURST_MS = 100;
const BURST_PACKETS_MIN = 64;

export function fixedRows(network: Network): Row[] {
  const { ports } = network.config;
  return [
    ...ports.flatMap(portRows),
    clientLimitRow(network),
    ...admitRows(network),
    ...arpRows(network),
    ...addressRows(network),
    ...serviceRows(network),
    ...gatewayRows(network),
    ...poolRows(network),
    ...network.external.map((port) =>
      portMtu.row({ out_port: port.number }, { name: 'set_mtu', params: { mtu: network.clientMtu(port) } }),
    ),
    ...procedureRows(),
    ...bucketRows(),
    ...seriesRows(planSeries(network).series),
  ];
}

/** Entries there can be of each table. */
export const TABLE_SIZES: Readonly<Record<string, number>> = {
  port_role: sizes.PORTS,
  client_limit: sizes.ROLES,
  port_mac: sizes.PORTS,
  port_mtu: sizes.PORTS,
  host_port: sizes.PORTS,
  admit: sizes.ADMIT_ENTRIES,
  arp: sizes.ARP_ENTRIES,
  local_address: sizes.LOCAL_ADDRESSES,
  virtual_service: sizes.SERVICES,
  procedure_class: sizes.PROCEDURES,
  pool: sizes.POOLS,
  export: sizes.EXPORTS,
  capability: sizes.CAPABILITIES,
  series: sizes.SERIES,
};

/** Tables that the configuration has more entries for than they hold. */
export function overfullTables(network: Network): { table: string; entries: number; size: number }[] {
  const counts = new Map<string, number>();
  for (const { table } of fixedRows(network)) counts.set(table, (counts.get(table) ?? 0) + 1);
  return [...counts]
    .map(([table, entries]) => ({ table, entries, size: TABLE_SIZES[table] ?? Infinity }))
    .filter(({ entries, size }) => entries > size);
}

function portRows({ number, role, mac, host_port }: PortConfig): Row[] {
  const rows = [
    portRole.row({ ingress_port: number }, { name: 'set_role', params: { role } }),
    portMac.row({ egress_port: number }, { name: 'set_source', params: { mac } }),
  ];
  if (host_port === undefined) return rows;
  return [
    ...rows,
    portRole.row({ ingress_port: host_port }, { name: 'set_role', params: { role: 'host' } }),
    hostPort.row({ ingress_port: number }, { name: 'set_peer', params: { port: host_port } }),
    hostPort.row({ ingress_port: host_port }, { name: 'set_peer', params: { port: number } }),
  ];
}

function clientLimitRow({ config }: Network): Row {
  const rate = config.limits.client_packet_ins_per_second_max;
  const burst = Math.max(BURST_PACKETS_MIN, Math.ceil((rate * BURST_MS) / 1000));
  return clientLimit.row({ role: 'external' }, { name: 'set_limit', params: limitOf(rate, burst) });
}

/** The more specific the reason to refuse a frame, the higher it stands. */
const PRIORITY = { source_mac: 40, spoofed: 30, host: 20, addressed: 10 } as const;

function admitRows({ config, own, vips }: Network): Row[] {
  const deny = (reason: DropReason) => ({ name: 'deny', params: { reason } }) as const;
  const allow = { name: 'allow', params: {} } as const;
  const spoofed = { priority: PRIORITY.spoofed };
  const addressed = { priority: PRIORITY.addressed };
  return [
    admit.row({ src_mac: GROUP }, deny('bad_source_mac'), { priority: PRIORITY.source_mac }),
    ...[...vips].flatMap((src_addr) => [
      admit.row({ role: 'external', src_addr }, deny('spoofed_vip'), spoofed),
      // Stores answer in a VIP's name, to one client at a time; to all, they would be claiming it.
      admit.row({ role: 'internal', src_addr, dst_mac: GROUP }, deny('spoofed_vip'), spoofed),
    ]),
    ...[...own].flatMap((src_addr) => [
      admit.row({ role: 'external', src_addr }, deny('spoofed_own'), spoofed),
      admit.row({ role: 'internal', src_addr }, deny('spoofed_own'), spoofed),
    ]),
    admit.row({ role: 'host' }, allow, { priority: PRIORITY.host }),
    admit.row({ role: 'gateway' }, allow, { priority: PRIORITY.host }),
    ...uniqueBy(config.ports, ({ role, mac }) => `${role} ${mac}`).map(({ role, mac }) =>
      admit.row({ role, dst_mac: mac }, allow, addressed),
    ),
    admit.row({ role: 'external', dst_mac: GROUP }, allow, addressed),
    admit.row({ role: 'internal', dst_mac: GROUP }, allow, addressed),
  ];
}

/** VIPs answer towards clients only: stores hold them too. Own addresses are the host's, where there is one. */
function arpRows({ config, external, vips }: Network): Row[] {
  const row = ({ number, mac }: PortConfig, target_addr: string) =>
    arp.row({ ingress_port: number, target_addr }, { name: 'reply', params: { mac } });
  return [
    ...external.flatMap((port) => [...vips].map((vip) => row(port, vip))),
    ...config.ports
      .filter(({ host_port }) => host_port === undefined)
      .flatMap((port) => port.addresses.map(({ address }) => row(port, address))),
  ];
}

function addressRows({ own, vips }: Network): Row[] {
  const both = [0, 1] as const;
  return [
    ...[...vips].flatMap((dst_addr) => [
      localAddress.row({ dst_addr, is_follower: 0 }, { name: 'virtual', params: {} }),
      localAddress.row({ dst_addr, is_follower: 1 }, { name: 'follow', params: {} }),
    ]),
    ...[...own].flatMap((dst_addr) =>
      both.map((is_follower) => localAddress.row({ dst_addr, is_follower }, { name: 'own', params: {} })),
    ),
  ];
}

function serviceRows(network: Network): Row[] {
  const services = network.config.virtual_stores.flatMap((virtualStore) =>
    virtualStore.services.map((service) =>
      virtualService.row(
        {
          role: 'external',
          dst_addr: virtualStore.address,
          protocol: IP_PROTOCOL[service.protocol],
          dst_port: service.port,
        },
        serviceAction(network, virtualStore.name, service, service.mode),
      ),
    ),
  );
  const protocols = new Set(
    planChecks(network).map(({ target }) => (target.check === 'tcp_connect' ? 'tcp' : 'udp')),
  );
  const probes = [...probeSources(network)].flatMap((dst_addr) =>
    [...protocols].map((protocol) =>
      virtualService.row(
        // From stores only: clients have no business with the controller.
        { role: 'internal', dst_addr, protocol: IP_PROTOCOL[protocol], dst_port: PROBE_PORT },
        { name: 'slow', params: { service_id: PROBE_SERVICE_ID } },
      ),
    ),
  );
  // Samba on this host; what reaches it is not counted as a service's.
  const shares = network.config.virtual_stores
    .filter(({ smb }) => smb !== undefined)
    .map(({ address: dst_addr }) =>
      virtualService.row(
        { role: 'external', dst_addr, protocol: IP_PROTOCOL.tcp, dst_port: SMB_PORT },
        { name: 'terminate', params: { service_id: NO_ID } },
      ),
    );
  return [...services, ...shares, ...probes];
}

function serviceAction(
  network: Network,
  virtual_store: string,
  { name, pool, records }: ServiceConfig,
  mode: ServiceConfig['mode'],
) {
  const service_id = network.serviceId(virtual_store, name);
  const pool_id = network.poolId(virtual_store, pool);
  switch (mode) {
    case 'request':
      return { name: mode, params: { service_id, pool_id, sample_below: sampleBelow(records) } };
    case 'session':
      return { name: mode, params: { service_id, pool_id } };
    case 'terminate':
      return { name: mode, params: { service_id } };
  }
}

/** What the gateway sends is placed like any request, and what it is answered goes back to it. */
function gatewayRows(network: Network): Row[] {
  const { gateway: port, config } = network;
  if (port === undefined) return [];
  const { number: gateway_port, mac: gateway_mac } = port;
  return config.virtual_stores.flatMap(({ name, address, services }) => {
    // MOUNT is served over TCP and UDP, and sent on over UDP in both cases.
    const forwarded = uniqueBy(services.filter(isForwarded), (service) => String(service.port));
    if (forwarded.length === 0) return [];
    return [
      gateway.row({ src_addr: address }, { name: 'to_gateway', params: { gateway_port, gateway_mac } }),
      ...forwarded.map((service) =>
        virtualService.row(
          { role: 'gateway', dst_addr: address, protocol: IP_PROTOCOL.udp, dst_port: service.port },
          serviceAction(network, name, service, 'request'),
        ),
      ),
      ...forwarded.flatMap(({ port: src_port }) =>
        Object.values(GATEWAY_PORTS).map((block) =>
          gatewayReply.row(
            { src_addr: address, src_port, dst_port: leadingBits(block) },
            { name: 'claim', params: {} },
          ),
        ),
      ),
    ];
  });
}

/** The switch samples a request if 16 bits of a hash of it are below this. */
function sampleBelow({ sample }: ServiceConfig['records']): number {
  return sample === undefined ? 0 : Math.round(2 ** 16 / sample);
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
