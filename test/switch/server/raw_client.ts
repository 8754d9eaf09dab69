import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import {
  Entity,
  P4Error,
  P4RuntimeClient,
  ReadRequest,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  Status,
  StreamMessageRequest,
  Update,
  Update_Type,
  WriteRequest_Atomicity,
  type ForwardingPipelineConfig,
  type P4Info,
  type StreamMessageResponse,
} from 'p4runtime-js';
import { parseP4InfoText } from '../../../src/p4runtime/p4info_text';

export const DEVICE_ID = 7n;
const PROGRAMS = join(__dirname, '..', 'programs');

/** A compiled test program as a pipeline config. */
export function pipelineConfig(name: string, cookie = 1n, folder = PROGRAMS): ForwardingPipelineConfig {
  return {
    p4info: parseP4InfoText(readFileSync(join(folder, `${name}.p4info.txtpb`), 'utf8'), name),
    p4DeviceConfig: readFileSync(join(folder, `${name}.json`)),
    cookie: { cookie },
  };
}

/** Ids of a P4Info's objects by alias. */
export function idsOf(info: P4Info): (alias: string) => number {
  const ids = new Map<string, number>();
  const kinds = [
    ...[info.tables, info.actions, info.counters, info.directCounters, info.meters, info.directMeters],
    ...[info.registers, info.digests],
  ];
  for (const { preamble } of kinds.flat()) if (preamble) ids.set(preamble.alias, preamble.id);
  return (alias) => {
    const id = ids.get(alias);
    if (id === undefined) throw new Error(`no ${alias} in the P4Info`);
    return id;
  };
}

/** A value as canonical bytes. */
export function bytes(value: number | bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** Resolves to undefined, or to the error the server answered with. */
export type Failure = { code: number; message: string } | undefined;

type Message = NonNullable<StreamMessageResponse['update']>;
type MessageKind = Message['$case'];
type MessageOf<K extends MessageKind> = Extract<Message, { $case: K }>['value'];

/** The generated client with promises, and nothing else between test and wire. */
export class RawClient {
  readonly client: P4RuntimeClient;
  readonly messages: StreamMessageResponse[] = [];
  stream_end: Failure | 'ended' | undefined;
  private readonly stream;
  private wake: (() => void) | undefined;

  constructor(
    address: string,
    readonly election_id: bigint,
    channel_credentials: ChannelCredentials = credentials.createInsecure(),
    readonly role = '',
    readonly device_id = DEVICE_ID,
  ) {
    this.client = new P4RuntimeClient(address, channel_credentials);
    this.stream = this.client.streamChannel();
    this.stream.on('data', (message: StreamMessageResponse) => {
      this.messages.push(message);
      this.wake?.();
    });
    this.stream.on('error', (error: ServiceError) => {
      this.stream_end = { code: error.code, message: error.details };
      this.wake?.();
    });
    this.stream.on('end', () => {
      this.stream_end ??= 'ended';
      this.wake?.();
    });
  }

  send(message: Parameters<typeof StreamMessageRequest.fromPartial>[0]): void {
    this.stream.write(StreamMessageRequest.fromPartial(message));
  }

  arbitrate(election_id: bigint | undefined = this.election_id, device_id = this.device_id): void {
    const electionId = election_id === undefined ? undefined : uint128(election_id);
    const role = this.role === '' ? undefined : { name: this.role };
    this.send({ update: { $case: 'arbitration', value: { deviceId: device_id, electionId, role } } });
  }

  /** The next message of a kind, the ones before it thrown away. Fails when the stream ends first. */
  async next<K extends MessageKind>(kind: K): Promise<MessageOf<K>> {
    for (;;) {
      for (let message = this.messages.shift(); message !== undefined; message = this.messages.shift()) {
        if (message.update !== undefined && message.update.$case === kind) {
          return message.update.value as MessageOf<K>;
        }
      }
      if (this.stream_end !== undefined) throw new Error(`stream ended: ${JSON.stringify(this.stream_end)}`);
      await this.woken();
    }
  }

  async ended(): Promise<Failure | 'ended'> {
    while (this.stream_end === undefined) await this.woken();
    return this.stream_end;
  }

  /** Waits for the arbitration answer and says its status code. */
  async status(): Promise<number | undefined> {
    return (await this.next('arbitration')).status?.code;
  }

  setConfig(
    config: ForwardingPipelineConfig | undefined,
    action = SetAction.VERIFY_AND_COMMIT,
  ): Promise<Failure> {
    return new Promise((resolve) =>
      this.client.setForwardingPipelineConfig(
        {
          deviceId: this.device_id,
          roleId: 0n,
          role: this.role,
          electionId: uint128(this.election_id),
          action,
          config,
        },
        (error) => resolve(error === null ? undefined : { code: error.code, message: error.details }),
      ),
    );
  }

  getConfig(response_type: number): Promise<ForwardingPipelineConfig | undefined> {
    return new Promise((resolve, reject) =>
      this.client.getForwardingPipelineConfig(
        { deviceId: this.device_id, responseType: response_type },
        (error, response) => (error === null ? resolve(response.config) : reject(error)),
      ),
    );
  }

  /** Codes and messages of each update's own error; or the error of the whole call. */
  write(
    type: Update_Type,
    ...entities: NonNullable<Parameters<typeof Entity.fromPartial>[0]['entity']>[]
  ): Promise<{ code: number; details: { code: number; message: string }[] }> {
    return this.writeUpdates(entities.map((entity) => Update.fromPartial({ type, entity: { entity } })));
  }

  writeUpdates(
    updates: Update[],
    atomicity = WriteRequest_Atomicity.CONTINUE_ON_ERROR,
  ): Promise<{ code: number; details: { code: number; message: string }[] }> {
    return new Promise((resolve) =>
      this.client.write(
        {
          deviceId: this.device_id,
          roleId: 0n,
          role: this.role,
          electionId: uint128(this.election_id),
          updates,
          atomicity,
        },
        (error) => {
          if (error === null) return resolve({ code: 0, details: [] });
          resolve({ code: error.code, details: detailsOf(error) });
        },
      ),
    );
  }

  read(...entities: NonNullable<Parameters<typeof Entity.fromPartial>[0]['entity']>[]): Promise<Entity[]> {
    return new Promise((resolve, reject) => {
      const found: Entity[] = [];
      const request = ReadRequest.fromPartial({
        deviceId: this.device_id,
        entities: entities.map((entity) => ({ entity })),
      });
      const call = this.client.read(request);
      call.on('data', (response: { entities: Entity[] }) => found.push(...response.entities));
      call.on('end', () => resolve(found));
      call.on('error', reject);
    });
  }

  close(): void {
    this.stream.end();
    this.client.close();
  }

  private woken(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}

/** The p4.v1.Errors of a failed batch. */
export function detailsOf(error: ServiceError): { code: number; message: string }[] {
  const [packed] = error.metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(packed)) return [];
  return Status.decode(packed).details.map(({ value }) => {
    const { canonicalCode, message } = P4Error.decode(value);
    return { code: canonicalCode, message };
  });
}

export function uint128(value: bigint): { high: bigint; low: bigint } {
  return { high: value >> 64n, low: BigInt.asUintN(64, value) };
}
