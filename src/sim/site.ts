/** The network that the simulation plays in: clients behind one port, stores behind another. */
import type { Config, PoolConfig } from '../config/config';
import { parseConfig } from '../config/load';
import type { Virtualizer } from '../controller/virtualizer';
import { CLIENTS } from './trace';

export const CLIENT_PORT = 1;
export const STORE_PORT = 2;
export const CLIENT_SIDE_MAC = '02:00:00:00:01:01';
export const STORE_SIDE_MAC = '02:00:00:00:01:02';
export const VIP = '10.1.255.100';

export type Policy = PoolConfig['policy'];

export function clientAddress(client: number): string {
  return `10.1.${client >> 7}.${1 + (client & 0x7f)}`;
}

export function clientMac(client: number): string {
  return macOf(0x03, client);
}

export function storeMac(store: number): string {
  return macOf(0x02, store);
}

export function storeName(store: number): string {
  return `store${store}`;
}

function macOf(kind: number, index: number): string {
  const octet = (value: number) => value.toString(16).padStart(2, '0');
  return `02:00:00:${octet(kind)}:${octet(index >> 8)}:${octet(index & 0xff)}`;
}

/** Of stores from number `from` on, for YAML. */
export function storeNames(count: number, from = 0): string {
  return Array.from({ length: count }, (_, index) => storeName(from + index)).join(', ');
}

/** `weights` has one of each store, whole; `virtual_store` the pools and services of the one there is, as YAML. */
export function siteConfig(weights: readonly number[], virtual_store: string): Config {
  const stores = weights.map(
    (weight, store) =>
      `  - { name: ${storeName(store)}, address: 10.2.0.${1 + store}, mac: '${storeMac(store)}', weight: ${weight} }`,
  );
  return parseConfig(
    `
ports:
  - { name: clients, number: ${CLIENT_PORT}, role: external, mac: '${CLIENT_SIDE_MAC}', addresses: [10.1.255.254/16] }
  - { name: stores, number: ${STORE_PORT}, role: internal, mac: '${STORE_SIDE_MAC}', addresses: [10.2.255.254/16] }
stores:
${stores.join('\n')}
virtual_stores:
  - name: files
    address: ${VIP}
${virtual_store}
`,
    'the simulated site',
  );
}

/** Every client is known from now on. */
export function introduceClients({ clients }: Virtualizer): void {
  for (let client = 0; client < CLIENTS; client++) {
    clients.learn({
      ingress_port: CLIENT_PORT,
      src_addr: clientAddress(client),
      src_mac: clientMac(client),
    });
  }
}
