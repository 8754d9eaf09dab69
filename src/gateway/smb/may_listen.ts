/** Whether smbd could listen at its address: it would say so with a panic, or share the port with an smbd that is there. */
import { createServer } from 'node:net';
import type { Ipv4Address } from '../../wire/address';
import { listenError } from '../listen_error';

/** Rejects with ListenError. */
export function mayListen(address: Ipv4Address, port: number): Promise<void> {
  // Node does not set SO_REUSEPORT, by which a second smbd would get some of the first one's clients.
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError({ address, port, protocol: 'tcp' }, error)));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
