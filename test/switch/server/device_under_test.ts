import { status, type ServiceError } from '@grpc/grpc-js';
import { Entity, P4Info, Update, type TableEntry, type Update_Type } from 'p4runtime-js';
import { Switch } from '../../../src/switch/switch';
import { bytes, detailsOf, DEVICE_ID, idsOf, pipelineConfig, RawClient } from './raw_client';

export type EntityOf = NonNullable<Parameters<RawClient['read']>[0]>;

export const config = pipelineConfig('server', 42n);
export const info = P4Info.fromPartial(config.p4info ?? {});
export const id = idsOf(info);

/** A switch that runs server.p4, and controllers of it. Time is moved by the test. */
export class DeviceUnderTest {
  now_us = 0;
  address = '';
  readonly sent: { port: number; frame: Uint8Array }[] = [];
  readonly device = new Switch({ ports: [0, 1, 2, 3], cpu_port: 510, now_us: () => this.now_us });
  private readonly clients: RawClient[] = [];

  /** The switch with its program, and its primary controller. */
  static async start(): Promise<{ dut: DeviceUnderTest; client: RawClient }> {
    const dut = new DeviceUnderTest();
    dut.device.on('frame', (port, frame) => dut.sent.push({ port, frame }));
    dut.address = await dut.device.listen('127.0.0.1:0', DEVICE_ID);
    const client = await dut.primary(1n);
    const failure = await client.setConfig(config);
    if (failure !== undefined) throw new Error(failure.message);
    return { dut, client };
  }

  connect(election_id: bigint, role = ''): RawClient {
    const client = new RawClient(this.address, election_id, undefined, role);
    this.clients.push(client);
    return client;
  }

  async primary(election_id: bigint, role = ''): Promise<RawClient> {
    const client = this.connect(election_id, role);
    client.arbitrate();
    const code = await client.status();
    if (code !== status.OK) throw new Error(`arbitration: ${code}`);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.device.close();
  }
}

export function entity(value: EntityOf): Entity {
  return Entity.fromPartial({ entity: value });
}

export function update(type: Update_Type, of: EntityOf): Update {
  return Update.fromPartial({ type, entity: { entity: of } });
}

export function ethernet(dst: bigint, src: bigint, type = 0x800, length = 60): Buffer {
  const frame = Buffer.alloc(length);
  frame.writeUIntBE(Number(dst), 0, 6);
  frame.writeUIntBE(Number(src), 6, 6);
  frame.writeUInt16BE(type, 12);
  return frame;
}

export function action(name: string, ...params: number[]): TableEntry['action'] {
  const value = {
    actionId: id(name),
    params: params.map((param, i) => ({ paramId: i + 1, value: bytes(param) })),
  };
  return { type: { $case: 'action', value } };
}

export function table(name: string, extra: Partial<TableEntry> = {}): EntityOf {
  return { $case: 'tableEntry', value: { tableId: id(name), ...extra } };
}

export function bridge(dst: bigint, port: number, extra: Partial<TableEntry> = {}): EntityOf {
  const match = [{ fieldId: 1, fieldMatchType: { $case: 'exact' as const, value: { value: bytes(dst) } } }];
  return table('bridge', { match, action: action('send', port), ...extra });
}

export async function readTables(client: RawClient, ...requests: EntityOf[]): Promise<TableEntry[]> {
  return (await client.read(...requests)).map(({ entity }) => {
    if (entity?.$case !== 'tableEntry') throw new Error('not a table entry');
    return entity.value;
  });
}

/** Name of the code a read fails with, and those of its requests. */
export async function readFailure(
  client: RawClient,
  ...requests: EntityOf[]
): Promise<{ code: string | undefined; requests: (string | undefined)[] }> {
  try {
    await client.read(...requests);
  } catch (error) {
    const failure = error as ServiceError;
    return { code: status[failure.code], requests: detailsOf(failure).map(({ code }) => status[code]) };
  }
  throw new Error('the read did not fail');
}
