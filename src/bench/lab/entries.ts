import { admit } from '../../dataplane/admit';
import { clientKnown } from '../../dataplane/client_known';
import { portMac } from '../../dataplane/port_mac';
import { portRole } from '../../dataplane/port_role';
import { procedureRows } from '../../dataplane/procedure_class';
import { SLOTS_PER_POOL } from '../../dataplane/sizes';
import { slot } from '../../dataplane/slot';
import { store } from '../../dataplane/store';
import { virtualService } from '../../dataplane/virtual_service';
import type { TableEntry } from '../../p4runtime';
import { IP_PROTOCOL } from '../../wire/ipv4';
import { CLIENT_PORT, PORTS, STORE_PORTS } from './ports';

export const CLIENT = { address: '10.0.1.11', mac: '02:00:00:00:00:11' } as const;
export const VIP = '10.0.1.100';
const POOL = 0;
const NFS_PORT = 2049;

export function switchMac(port: number): string {
  return `02:00:00:00:01:0${port}`;
}

/**
 * One NFS service over three stores: what the controller would install for it, without ARP and host ports. `slow`:
 * the controller is shown every call instead.
 */
export function serviceEntries(mode: 'request' | 'slow'): TableEntry[] {
  const service_id = 1;
  return [
    ...PORTS.map((port) =>
      portRole.row(
        { ingress_port: port },
        { name: 'set_role', params: { role: port === CLIENT_PORT ? 'external' : 'internal' } },
      ),
    ),
    ...PORTS.map((port) =>
      admit.row({ dst_mac: switchMac(port) }, { name: 'allow', params: {} }, { priority: 10 }),
    ),
    virtualService.row(
      { role: 'external', dst_addr: VIP, protocol: IP_PROTOCOL.udp, dst_port: NFS_PORT },
      mode === 'request'
        ? { name: 'request', params: { service_id, pool_id: POOL, sample_below: 0 } }
        : { name: 'slow', params: { service_id } },
    ),
    ...procedureRows(),
    clientKnown.row(
      { ingress_port: CLIENT_PORT, src_mac: CLIENT.mac, src_addr: CLIENT.address },
      { name: 'known', params: {} },
    ),
    ...Array.from({ length: SLOTS_PER_POOL }, (_, index) =>
      slot.row(
        { pool_id: POOL, slot: index },
        {
          name: 'choose',
          params: {
            store_id: 1 + (index % STORE_PORTS.length),
            standby_id: 1 + ((index + 1) % STORE_PORTS.length),
          },
        },
      ),
    ),
    ...STORE_PORTS.map((port, index) =>
      store.row(
        { store_id: 1 + index },
        { name: 'store.forward', params: { mac: `02:00:00:00:02:0${port}`, port } },
      ),
    ),
    ...PORTS.map((port) =>
      portMac.row({ egress_port: port }, { name: 'set_source', params: { mac: switchMac(port) } }),
    ),
  ].map(({ entry }) => entry);
}
