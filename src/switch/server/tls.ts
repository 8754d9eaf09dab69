import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';

/** What the server shows, and what it wants to see of its clients; all PEM. */
export interface TlsOptions {
  /** The server's certificate, with intermediate ones. */
  certificate: Buffer;
  key: Buffer;
  /** Mutual TLS: clients must show a certificate that one of these vouches for. undefined: none is asked for. */
  client_authorities?: Buffer | undefined;
}

/** Throws Error naming what is wrong with a certificate or key, or that they are no pair. */
export function serverCredentials(tls: TlsOptions | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { certificate, key, client_authorities } = tls;
  check('certificate', () => createSecureContext({ cert: certificate }));
  check('key', () => createSecureContext({ key }));
  check('certificate and key', () => createSecureContext({ cert: certificate, key }));
  if (client_authorities !== undefined) {
    if (!client_authorities.includes('-----BEGIN CERTIFICATE-----'))
      throw new Error('TLS: the client authorities are not PEM certificates');
    check('client authorities', () => createSecureContext({ ca: client_authorities }));
  }
  const pairs = [{ private_key: key, cert_chain: certificate }];
  return ServerCredentials.createSsl(client_authorities ?? null, pairs, client_authorities !== undefined);
}

function check(what: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    throw new Error(`TLS: ${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
