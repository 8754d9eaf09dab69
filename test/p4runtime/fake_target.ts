/**
 * A P4Runtime server that does as the test says: for what real targets cannot be made to show, such as going away,
 * staying silent or having no primary.
 */
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  P4RuntimeService,
  type P4RuntimeServer,
  type StreamMessageRequest,
  type StreamMessageResponse,
} from 'p4runtime-js';
import type { Target } from '../../src/p4runtime';

export type FakeStream = ServerDuplexStream<StreamMessageRequest, StreamMessageResponse>;

const unimplemented = (name: string) => (): never => {
  throw new Error(`the test did not expect ${name}`);
};

export class FakeTarget {
  #server: Server | undefined;
  #port = 0;

  constructor(readonly handlers: Partial<P4RuntimeServer>) {}

  get target(): Target {
    return { host: '127.0.0.1', port: this.#port, device_id: 1n };
  }

  /** The port stays the same from start to start. */
  async start(): Promise<void> {
    const server = new Server();
    server.addService(P4RuntimeService, {
      write: unimplemented('Write'),
      read: unimplemented('Read'),
      setForwardingPipelineConfig: unimplemented('SetForwardingPipelineConfig'),
      getForwardingPipelineConfig: unimplemented('GetForwardingPipelineConfig'),
      streamChannel: unimplemented('StreamChannel'),
      capabilities: unimplemented('Capabilities'),
      ...this.handlers,
    });
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    this.#server = server;
  }

  /** At once, breaking every stream. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
  }
}

/** An answer to an arbitration. */
export function verdict(code: number, election_id: bigint): StreamMessageResponse {
  return {
    update: {
      $case: 'arbitration',
      value: {
        deviceId: 1n,
        role: undefined,
        electionId: { high: election_id >> 64n, low: BigInt.asUintN(64, election_id) },
        status: { code, message: '', details: [] },
      },
    },
  };
}

/** Answers every arbitration with `code`, repeating its election id. */
export function answering(code: number): P4RuntimeServer['streamChannel'] {
  return (stream) => {
    stream.on('data', ({ update }: StreamMessageRequest) => {
      if (update?.$case !== 'arbitration') return;
      const { high, low } = update.value.electionId ?? { high: 0n, low: 0n };
      stream.write(verdict(code, (high << 64n) | low));
    });
  };
}
