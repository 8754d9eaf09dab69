import { Client, credentials } from '@grpc/grpc-js';
import { WriteRequest, WriteRequest_Atomicity as Atomicity } from 'p4runtime-js';
import type { P4Schema, Update } from '../../p4runtime';
import { encodeUint128 } from '../../p4runtime/arbitration';
import { encodeUpdate } from '../../p4runtime/entities';

const WRITE_PATH = '/p4.v1.P4Runtime/Write';

/** WriteRequests of `size` updates each, as they go over the wire. */
export function encodeBatches(
  schema: P4Schema,
  updates: readonly Update[],
  size: number,
  sender: { device_id: bigint; election_id: bigint },
): Buffer[] {
  const requests: Buffer[] = [];
  for (let start = 0; start < updates.length; start += size) {
    const request: WriteRequest = {
      deviceId: sender.device_id,
      roleId: 0n,
      role: '',
      electionId: encodeUint128(sender.election_id),
      updates: updates.slice(start, start + size).map((update) => encodeUpdate(schema, update)),
      atomicity: Atomicity.CONTINUE_ON_ERROR,
    };
    requests.push(Buffer.from(WriteRequest.encode(request).finish()));
  }
  return requests;
}

/** Sends requests that are bytes already: a client that costs next to nothing. */
export class BulkWriter {
  private readonly client: Client;

  constructor(socket_path: string) {
    this.client = new Client(`unix:${socket_path}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** Milliseconds until all are answered, with `under_way` of them at a time. Rejects if one fails. */
  async write(requests: readonly Buffer[], under_way: number, signal: AbortSignal): Promise<number> {
    let next = 0;
    const sender = async (): Promise<void> => {
      for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
        signal.throwIfAborted();
        await this.send(request);
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: under_way }, sender));
    return performance.now() - started;
  }

  close(): void {
    this.client.close();
  }

  private send(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const asIs = (bytes: Buffer): Buffer => bytes;
      this.client.makeUnaryRequest(WRITE_PATH, asIs, asIs, request, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  }
}
