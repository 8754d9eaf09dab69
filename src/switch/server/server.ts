import { logVerbosity, Server, setLogVerbosity } from '@grpc/grpc-js';
import { P4RuntimeService as P4RuntimeDefinition } from 'p4runtime-js';
import { pipelinedResponses } from './pipelined_responses';
import { P4RuntimeService, type ServiceOptions } from './service';
import { decodeWriteRequest } from './write_request';
import { serverCredentials, type TlsOptions } from './tls';

/** Pipeline configs are larger than gRPC's usual limit of 4 MiB allows. */
const MESSAGE_MAX_BYTES = 64 * 1024 * 1024;

/** A controller whose host has vanished stops being primary after about these two together. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 5_000;

export interface RunningServer {
  service: P4RuntimeService;
  /** `host:port` with the port that was really bound. */
  address: string;
  close(): Promise<void>;
}

/**
 * Serves P4Runtime on `address` (`host:port`, port 0: any free one), in the clear without `tls`. Rejects if it cannot
 * be bound or what TLS needs is not right.
 */
export async function startServer(
  address: string,
  options: ServiceOptions,
  tls?: TlsOptions,
): Promise<RunningServer> {
  const credentials = serverCredentials(tls);
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
    'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    interceptors: [pipelinedResponses],
  });
  const service = new P4RuntimeService(options);
  const { write } = P4RuntimeDefinition;
  const definition = { ...P4RuntimeDefinition, write: { ...write, requestDeserialize: decodeWriteRequest } };
  server.addService(definition, service.handlers());
  const port = await new Promise<number>((resolve, reject) => {
    // What gRPC prints of a failure by itself is in the error, too; whoever set its verbosity wants to see it.
    const is_quiet = process.env['GRPC_VERBOSITY'] === undefined;
    if (is_quiet) setLogVerbosity(logVerbosity.NONE);
    server.bindAsync(address, credentials, (error, bound) => {
      if (is_quiet) setLogVerbosity(logVerbosity.ERROR);
      if (error === null) resolve(bound);
      else reject(new Error(`cannot listen on ${address}: ${error.message}`));
    });
  });
  return {
    service,
    address: address.replace(/:\d+$/, `:${port}`),
    close: () =>
      new Promise((resolve) => {
        service.close();
        // Streams stay open for as long as controllers like: they are cut, not waited for.
        server.forceShutdown();
        resolve();
      }),
  };
}
