/** Options that several commands share. */
import { Option } from 'commander';

/** As the configuration's default, repeated here so that help needs no schema; a test holds the two together. */
export const DEFAULT_ADMIN_SOCKET = '/run/storeswitch/admin.sock';

/** Likewise, of the gateway. */
export const DEFAULT_GATEWAY_SOCKET = '/run/storeswitch/gateway.sock';

export interface JsonOptions {
  json?: boolean;
}

export interface SocketOptions {
  socket: string;
}

export interface SwitchOptions {
  switch?: string;
}

export function jsonOption(description = 'print one JSON document'): Option {
  return new Option('--json', description);
}

export function socketOption(): Option {
  return new Option('--socket <path>', 'admin socket of the running controller')
    .default(DEFAULT_ADMIN_SOCKET)
    .env('STORESWITCH_SOCKET');
}

export function switchOption(): Option {
  return new Option('--switch <url>', 'ask a P4Runtime target instead: grpc://HOST[:PORT][?device_id=N]');
}
