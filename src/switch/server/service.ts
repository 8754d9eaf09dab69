import type { handleUnaryCall, Metadata, ServerWritableStream, sendUnaryData, status } from '@grpc/grpc-js';
import {
  WriteRequest_Atomicity,
  type GetForwardingPipelineConfigRequest,
  type P4RuntimeServer,
  type ReadRequest,
  type ReadResponse,
  type SetForwardingPipelineConfigRequest,
  type Uint128,
  type WriteResponse,
} from 'p4runtime-js';
import { LossLog } from '../loss_log';
import type { Dataplane } from '../worker/dataplane';
import { Arbitration, electionId, roleName } from './arbitration';
import { Device } from './device';
import { Notifications } from './notifications';
import { BatchFailure } from './error_details';
import { readEntities } from './read';
import { RpcError, toRpcError } from './rpc_error';
import { ControllerStream, type StreamHandler } from './stream';
import { writeUpdates } from './write';
import type { EncodedWriteRequest } from './write_request';

/** The specification this server follows. */
export const API_VERSION = '1.4.1';

/** Entities of one ReadResponse: keeps messages below gRPC's usual limit of 4 MiB. */
const ENTITIES_PER_RESPONSE = 1024;

export interface ServiceOptions {
  device_id: bigint;
  dataplane: Dataplane;
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** The packet side has ended by itself. */
  failed: (error: Error) => void;
}

/** Who sends a request, as it says itself. */
interface Sender {
  deviceId: bigint;
  electionId: Uint128 | undefined;
  role: string;
  roleId: bigint;
}

type RpcName =
  'capabilities' | 'setForwardingPipelineConfig' | 'getForwardingPipelineConfig' | 'read' | 'streamChannel';
type Handlers = Pick<P4RuntimeServer, RpcName> & {
  write: handleUnaryCall<EncodedWriteRequest, WriteResponse>;
};

/** The P4Runtime service of one device: what each RPC means, without transport. */
export class P4RuntimeService implements StreamHandler {
  readonly device: Device;
  private readonly arbitration: Arbitration;
  private readonly notifications: Notifications;
  /** Packet-ins, digests and notifications that controllers did not take in time. */
  messages_dropped = 0;
  private readonly lost = new LossLog((count) =>
    this.options.log('warn', `a controller was too slow: ${count} messages to it were dropped`),
  );

  constructor(private readonly options: ServiceOptions) {
    this.arbitration = new Arbitration(options.device_id, () =>
      this.notifications.digest_lists.primaryChanged(),
    );
    this.device = new Device(options.dataplane, (pipeline) => {
      const { digest_lists } = this.notifications;
      digest_lists.clear();
      pipeline.digestDeleted = (digest_id) => digest_lists.delete(digest_id);
    });
    this.notifications = new Notifications(options.dataplane, this.device, {
      primaries: () => this.arbitration.primaries().filter((one) => one instanceof ControllerStream),
      log: options.log,
      failed: options.failed,
    });
  }

  /** The handlers grpc-js wants. Of a WriteRequest the updates are still encoded. */
  handlers(): Handlers {
    return {
      capabilities: (_call, callback) =>
        callback(null, { p4runtimeApiVersion: API_VERSION, experimental: undefined }),
      setForwardingPipelineConfig: (call, callback) =>
        answer(
          callback,
          this.setConfig(call.request).then(() => ({})),
        ),
      getForwardingPipelineConfig: (call, callback) =>
        answer(
          callback,
          Promise.resolve().then(() => this.getConfig(call.request)),
        ),
      write: (call, callback) =>
        answer(
          callback,
          this.write(call.request).then(() => ({})),
        ),
      read: (call) => void this.read(call),
      streamChannel: (call) => void new ControllerStream(call, this),
    };
  }

  close(): void {
    this.notifications.digest_lists.clear();
  }

  arbitrate: StreamHandler['arbitrate'] = (stream, update) => this.arbitration.update(stream, update);

  closed: StreamHandler['closed'] = (stream) => {
    this.arbitration.leave(stream);
    this.lost.flush();
  };

  dropped: StreamHandler['dropped'] = () => {
    this.messages_dropped++;
    this.lost.add(1);
  };

  packetOut: StreamHandler['packetOut'] = (stream, packet) => {
    this.requirePrimary(stream, 'packet-outs');
    const { committed } = this.device;
    if (committed === undefined)
      throw new RpcError('FAILED_PRECONDITION', 'no forwarding pipeline config is set');
    const header = committed.packet_out.encode(packet.metadata);
    const frame = new Uint8Array(header.length + packet.payload.length);
    frame.set(header);
    frame.set(packet.payload, header.length);
    this.options.dataplane.packetOut(frame);
  };

  digestAck: StreamHandler['digestAck'] = (stream, ack) => {
    this.requirePrimary(stream, 'digest acknowledgements');
    const info = this.device.committed?.pipeline.info;
    if (info === undefined || !info.digests.has(ack.digestId)) {
      throw new RpcError('INVALID_ARGUMENT', `the P4Info has no digest with id ${ack.digestId}`);
    }
    this.notifications.digest_lists.acknowledge(ack.digestId, ack.listId);
  };

  private requirePrimary(stream: ControllerStream, what: string): void {
    if (!this.arbitration.isPrimary(stream)) {
      throw new RpcError('PERMISSION_DENIED', `only the primary controller may send ${what}`);
    }
  }

  private async setConfig(request: SetForwardingPipelineConfigRequest): Promise<void> {
    await this.accepted(request, () => this.device.set(request));
    this.options.log('info', `forwarding pipeline config: action ${request.action} done`);
  }

  private getConfig(request: GetForwardingPipelineConfigRequest) {
    this.checkDevice(request.deviceId);
    return { config: this.device.get(request.responseType) };
  }

  private async write(request: EncodedWriteRequest): Promise<void> {
    const { updates, atomicity } = request;
    const access = atomicity === WriteRequest_Atomicity.CONTINUE_ON_ERROR ? 'write' : 'alone';
    const results = await this.accepted(request, () =>
      this.device.access(access, (pipeline) =>
        writeUpdates(pipeline, this.options.dataplane, updates, atomicity),
      ),
    );
    if (results.some(({ canonicalCode }) => canonicalCode !== 0)) throw new BatchFailure('updates', results);
  }

  private async read(call: ServerWritableStream<ReadRequest, ReadResponse>): Promise<void> {
    try {
      this.checkDevice(call.request.deviceId);
      let has_room = true;
      const results = await readEntities(this.device, call.request.entities, {
        write: (entities) => {
          for (let i = 0; i < entities.length; i += ENTITIES_PER_RESPONSE)
            has_room = call.write({ entities: entities.slice(i, i + ENTITIES_PER_RESPONSE) });
        },
        hasRoom: async () => {
          if (!has_room && !call.cancelled) await drained(call);
          has_room = true;
          return !call.cancelled;
        },
      });
      if (results === undefined || call.cancelled) return;
      const failed = results.find(({ canonicalCode }) => canonicalCode !== 0);
      if (failed === undefined) call.end();
      // A single request's own code, as BMv2 gives it; the specification's UNKNOWN where there are several.
      else
        fail(
          call,
          new BatchFailure('reads', results, results.length === 1 ? failed.canonicalCode : undefined),
        );
    } catch (error) {
      fail(call, error);
    }
  }

  /**
   * Does what a primary asks for; the next one is accepted after that. The checks and their order are the
   * specification's ("Write RPC").
   */
  private async accepted<T>(request: Sender, work: () => Promise<T>): Promise<T> {
    this.checkDevice(request.deviceId);
    const role = roleName({ name: request.role, id: request.roleId });
    if (!this.arbitration.hasRole(role)) throw new RpcError('NOT_FOUND', `role "${role}" is unknown`);
    if (!this.arbitration.isPrimaryId(role, electionId(request.electionId))) {
      const id = electionId(request.electionId);
      throw new RpcError(
        'PERMISSION_DENIED',
        `election id ${id ?? '(none)'} is not the primary controller's`,
      );
    }
    const done = this.arbitration.begin(role);
    try {
      return await work();
    } finally {
      done();
    }
  }

  private checkDevice(device_id: bigint): void {
    if (device_id !== this.options.device_id) {
      throw new RpcError(
        'NOT_FOUND',
        `device ${device_id} is unknown: this is device ${this.options.device_id}`,
      );
    }
  }
}

function answer<T>(callback: sendUnaryData<T>, result: Promise<T>): void {
  result.then(
    (response) => callback(null, response),
    (error: unknown) => callback(statusOf(error)),
  );
}

function fail(call: ServerWritableStream<ReadRequest, ReadResponse>, error: unknown): void {
  call.emit('error', statusOf(error));
}

function statusOf(error: unknown): { code: status; details: string; metadata?: Metadata } {
  if (error instanceof BatchFailure)
    return { code: error.code, details: error.message, metadata: error.metadata };
  const { code, message } = toRpcError(error);
  return { code, details: message };
}

function drained(call: ServerWritableStream<ReadRequest, ReadResponse>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('cancelled', done);
      resolve();
    };
    call.on('drain', done);
    call.on('cancelled', done);
  });
}
