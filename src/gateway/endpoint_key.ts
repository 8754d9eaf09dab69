/** Where in a configuration an address and port stand that the gateway listens at. */
import { SMB_PORT } from '../config/check_smb';
import type { Config } from '../config/config';
import { formatPath, type KeyPath } from '../config/problem';
import type { ListenError } from './listen_error';

/** The key to change, such as `virtual_stores[0].services[2].port`; of an address that this host does not have, the address's. */
export function endpointKey(
  { virtual_stores }: Pick<Config, 'virtual_stores'>,
  { endpoint, code }: Pick<ListenError, 'endpoint' | 'code'>,
): string {
  const { address, port, protocol } = endpoint;
  const index = virtual_stores.findIndex((store) => store.address === address);
  const store: KeyPath = ['virtual_stores', Math.max(index, 0)];
  if (code === 'EADDRNOTAVAIL') return formatPath([...store, 'address']);
  const terminated = (virtual_stores[index]?.services ?? [])
    .map((service, position) => [service, position] as const)
    .filter(([service]) => service.mode === 'terminate' && service.port === port);
  // Portmap and MOUNT listen by both protocols, also where the configuration names one.
  const [, position] = terminated.find(([service]) => service.protocol === protocol) ?? terminated[0] ?? [];
  if (position !== undefined) return formatPath([...store, 'services', position, 'port']);
  return formatPath(port === SMB_PORT ? [...store, 'smb', 'shares'] : store);
}
