import { credentials, type ChannelCredentials } from '@grpc/grpc-js';

/** What a client wants to see of the target, and what it shows; all PEM. */
export interface ClientTls {
  /** Who may vouch for the target's certificate. Absent: those that Node trusts. */
  authorities?: Buffer;
  /** Mutual TLS: the client's certificate, with intermediate ones, and its key. */
  certificate?: Buffer;
  key?: Buffer;
}

/** Throws Error if certificate and key are not both given or both absent. */
export function channelCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.authorities ?? null, tls.key ?? null, tls.certificate ?? null);
}
