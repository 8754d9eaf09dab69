/** The local admin socket: protocol, server and client. */
export { AdminError, ERROR_CODES, type AdminErrorCode } from './errors';
export { AdminServer, type AdminMethod, type AdminMethods, type AdminServerOptions } from './server';
export { AdminClient, callAdmin, DEFAULT_TIMEOUT_MS, type AdminClientOptions } from './client';
export { ADMIN_VERSION, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX } from './protocol';
