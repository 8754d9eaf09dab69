/** The network that the simulation plays in: clients behind one port, stores behind another. */
import { parseConfig } from '../config/load';
import type { PoolConfig } from '../config/config';
import { Network } from '../controller/network';
import type { StoreFacts } from '../controller/store_rows';
import { clientKnown } from '../dataplane/client_known';
import { clientRoute } from '../dataplane/client_route';
import type { Row } from '../dataplane/table';
import { NFS_PORT } from '../wire/nfs3';
import { CLIENTS } from './trace';

export const CLIENT_PORT = 1;
export const STORE_PORT = 2;
export const CLIENT_SIDE_MAC = '02:00:00:00:01:01';
export const STORE_SIDE_MAC = '02:00:00:00:01:02';
export const VIP = '10.1.255.100';

export type Policy = PoolConfig['policy'];
export type StoreState = StoreFacts['state'];

export function clientAddress(client: number): string {
  return `10.1.${client >> 7}.${1 + (client & 0x7f)}`;
}

export function clientMac(client: number): string {
  return macOf(0x03, client);
}

export function storeMac(store: number): string {
  return macOf(0x02, store);
}

function macOf(kind: number, index: number): string {
  const octet = (value: number) => value.toString(16).padStart(2, '0');
  return `02:00:00:${octet(kind)}:${octet(index >> 8)}:${octet(index & 0xff)}`;
}

/** One virtual store; `weights` has one of each store. Weights are whole. */
export function siteOf(weights: readonly number[], policy: Policy): Network {
  const names = weights.map((_, store) => storeName(store));
  const stores = weights.map(
    (weight, store) =>
      `  - { name: ${storeName(store)}, address: 10.2.0.${1 + store}, mac: '${storeMac(store)}', weight: ${weight} }`,
  );
  const config = parseConfig(
    `
switch: { address: '127.0.0.1:9559', device_id: 1 }
ports:
  - { name: clients, number: ${CLIENT_PORT}, role: external, mac: '${CLIENT_SIDE_MAC}', addresses: [10.1.255.254/16] }
  - { name: stores, number: ${STORE_PORT}, role: internal, mac: '${STORE_SIDE_MAC}', addresses: [10.2.255.254/16] }
stores:
${stores.join('\n')}
virtual_stores:
  - name: files
    address: ${VIP}
    pools: [{ name: all, policy: ${policy}, stores: [${names.join(', ')}] }]
    services:
      - { name: nfs, protocol: udp, port: ${NFS_PORT}, program: nfs, mode: request, pool: all }
`,
    'the simulated site',
  );
  return new Network(config);
}

function storeName(store: number): string {
  return `store${store}`;
}

/** What the controller knows of its stores, if each is in the state given. */
export function storeFacts(network: Network, states: readonly StoreState[]): StoreFacts[] {
  const [port] = network.internal;
  if (port === undefined) throw new Error('the site has no port towards stores');
  return states.map((state, store) => ({
    id: network.storeId(storeName(store)),
    state,
    place: { mac: storeMac(store), port },
    config: { name: storeName(store) },
  }));
}

/** Every client is known already. */
export function clientRows(): Row[] {
  return Array.from({ length: CLIENTS }, (_, client) => [
    clientRoute.row(
      { dst_addr: { address: clientAddress(client), length: 32 } },
      { name: 'client_route.forward', params: { port: CLIENT_PORT, mac: clientMac(client) } },
    ),
    clientKnown.row(
      { ingress_port: CLIENT_PORT, src_mac: clientMac(client), src_addr: clientAddress(client) },
      { name: 'known', params: {} },
    ),
  ]).flat();
}
