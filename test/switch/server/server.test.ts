import { status } from '@grpc/grpc-js';
import {
  CapabilitiesRequest,
  Entity,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  Update_Type,
  type P4Info,
  type TableEntry,
} from 'p4runtime-js';
import { Switch } from '../../../src/switch/switch';
import { bytes, DEVICE_ID, idsOf, pipelineConfig, RawClient } from './raw_client';

const { INSERT, MODIFY, DELETE } = Update_Type;
const config = pipelineConfig('server', 42n);
const info = config.p4info as P4Info;
const id = idsOf(info);

const MAC_A = 0x0200_0000_000an;
const MAC_B = 0x0200_0000_000bn;

let device: Switch;
let address: string;
let client: RawClient;
const clients: RawClient[] = [];
let sent: { port: number; frame: Uint8Array }[];

function connect(election_id: bigint): RawClient {
  const made = new RawClient(address, election_id);
  clients.push(made);
  return made;
}

beforeEach(async () => {
  device = new Switch({ ports: [0, 1, 2, 3], cpu_port: 510, now_us: () => now_us });
  now_us = 0;
  sent = [];
  device.on('frame', (port, frame) => sent.push({ port, frame }));
  address = await device.listen('127.0.0.1:0', DEVICE_ID);
  client = connect(1n);
  client.arbitrate();
  expect(await client.status()).toBe(status.OK);
  expect(await client.setConfig(config)).toBeUndefined();
});

afterEach(async () => {
  for (const one of clients.splice(0)) one.close();
  await device.close();
});

let now_us = 0;

function ethernet(dst: bigint, src: bigint, type = 0x800, length = 60): Buffer {
  const frame = Buffer.alloc(length);
  frame.writeUIntBE(Number(dst), 0, 6);
  frame.writeUIntBE(Number(src), 6, 6);
  frame.writeUInt16BE(type, 12);
  return frame;
}

type EntityOf = NonNullable<Parameters<RawClient['read']>[0]>;

function bridge(dst: bigint, port: number, extra: Partial<TableEntry> = {}): EntityOf {
  return {
    $case: 'tableEntry',
    value: {
      tableId: id('bridge'),
      match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(dst) } } }],
      action: action('send', port),
      ...extra,
    },
  };
}

function action(name: string, ...params: number[]): TableEntry['action'] {
  const value = {
    actionId: id(name),
    params: params.map((param, i) => ({ paramId: i + 1, value: bytes(param) })),
  };
  return { type: { $case: 'action', value } };
}

function table(name: string, extra: Partial<TableEntry> = {}): EntityOf {
  return { $case: 'tableEntry', value: { tableId: id(name), ...extra } };
}

async function readTables(request: EntityOf): Promise<TableEntry[]> {
  return (await client.read(request)).map(({ entity }) => {
    if (entity?.$case !== 'tableEntry') throw new Error('not a table entry');
    return entity.value;
  });
}

describe('table entries', () => {
  test('insert, forward, read back as written, modify, delete', async () => {
    expect(await client.write(INSERT, bridge(MAC_A, 2, { metadata: Buffer.from('note') }))).toMatchObject({
      code: 0,
    });
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(sent).toEqual([{ port: 2, frame: Uint8Array.from(ethernet(MAC_A, MAC_B)) }]);
    const [entry] = await readTables(table('bridge'));
    expect(entry).toMatchObject({ action: action('send', 2), priority: 0, metadata: Buffer.from('note') });
    expect(entry?.counterData).toBeUndefined();
    await client.write(MODIFY, bridge(MAC_A, 3));
    const [modified] = await readTables(
      bridge(MAC_A, 0, { counterData: { byteCount: 0n, packetCount: 0n } }),
    );
    expect(modified).toMatchObject({ action: action('send', 3), metadata: Buffer.alloc(0) });
    expect(modified?.counterData).toBeDefined();
    await client.write(DELETE, bridge(MAC_A, 0, { action: undefined }));
    expect(await readTables(table('bridge'))).toEqual([]);
  });

  test('each failed update says its own code, the others are done', async () => {
    const padded = bridge(MAC_B, 1, {
      match: [
        {
          fieldId: 1,
          fieldMatchType: { $case: 'exact', value: { value: Buffer.from('000002000000000b', 'hex') } },
        },
      ],
    });
    const result = await client.write(
      INSERT,
      bridge(MAC_A, 2),
      bridge(MAC_A, 2),
      bridge(1n << 48n, 2),
      bridge(MAC_B, 512),
      padded,
      bridge(5n, 1, { priority: 3 }),
      bridge(5n, 1, { tableId: 99 }),
      bridge(5n, 1, { action: action('NoAction') }),
      bridge(5n, 1, { action: action('learn') }),
      bridge(5n, 1, { action: action('send') }),
      bridge(5n, 1, { match: [] }),
      { $case: 'externEntry', value: { externTypeId: 1 } },
    );
    expect(result.code).toBe(status.UNKNOWN);
    expect(result.details.map(({ code }) => status[code])).toEqual([
      'OK',
      'ALREADY_EXISTS',
      'OUT_OF_RANGE',
      'OUT_OF_RANGE',
      'OK',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'PERMISSION_DENIED',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'UNIMPLEMENTED',
    ]);
    expect(result.details[2]?.message).toBe(
      'table switching.bridge, key hdr.ethernet.dst: 0x1000000000000 does not fit bit<48>',
    );
    expect(result.details[3]?.message).toBe(
      'table switching.bridge, action switching.send, parameter port: 0x200 does not fit bit<9>',
    );
    const macs = (await readTables(table('bridge'))).map(({ match }) => match[0]?.fieldMatchType);
    expect(macs).toEqual([MAC_A, MAC_B].map((mac) => ({ $case: 'exact', value: { value: bytes(mac) } })));
    const missing = await client.write(DELETE, bridge(7n, 1));
    expect(missing.details.map(({ code }) => status[code])).toEqual(['NOT_FOUND']);
  });

  test('a full table is RESOURCE_EXHAUSTED', async () => {
    const entries = Array.from({ length: 9 }, (_, i) => bridge(BigInt(i), 1));
    const { details } = await client.write(INSERT, ...entries);
    expect(details.map(({ code }) => code)).toEqual([...Array<number>(8).fill(0), status.RESOURCE_EXHAUSTED]);
  });

  test('ternary, range and optional: canonical, wildcards left out, priority needed', async () => {
    const match = [
      { fieldId: 1, fieldMatchType: { $case: 'optional' as const, value: { value: bytes(2) } } },
      {
        fieldId: 2,
        fieldMatchType: { $case: 'ternary' as const, value: { value: bytes(0x0200), mask: bytes(0xff00) } },
      },
      {
        fieldId: 3,
        fieldMatchType: { $case: 'range' as const, value: { low: bytes(0x800), high: bytes(0x900) } },
      },
    ];
    const full: Partial<TableEntry> = { match, priority: 10, action: action('drop') };
    const bare: Partial<TableEntry> = { match: [], priority: 5, action: action('send', 3) };
    expect(await client.write(INSERT, table('filter', full), table('filter', bare))).toMatchObject({
      code: 0,
    });
    const entries = await readTables(table('filter'));
    expect(entries).toHaveLength(2);
    expect(entries).toEqual(
      expect.arrayContaining([expect.objectContaining(full), expect.objectContaining(bare)]),
    );
    expect(await readTables(table('filter', { match, priority: 10 }))).toEqual([
      expect.objectContaining(full),
    ]);
    const wrong: Partial<TableEntry>[] = [
      { ...full, priority: 0 },
      {
        ...full,
        match: [
          { fieldId: 2, fieldMatchType: { $case: 'ternary', value: { value: bytes(1), mask: bytes(0) } } },
        ],
      },
      {
        ...full,
        match: [
          { fieldId: 2, fieldMatchType: { $case: 'ternary', value: { value: bytes(3), mask: bytes(1) } } },
        ],
      },
      {
        ...full,
        match: [{ fieldId: 3, fieldMatchType: { $case: 'range', value: { low: bytes(9), high: bytes(1) } } }],
      },
      { ...full, match: [{ fieldId: 3, fieldMatchType: { $case: 'exact', value: { value: bytes(9) } } }] },
      { ...full, match: [{ fieldId: 9, fieldMatchType: { $case: 'exact', value: { value: bytes(9) } } }] },
      { ...full, match: [...match, ...match] },
      { ...full, isConst: true },
      { ...full, idleTimeoutNs: 5n },
    ];
    const { details } = await client.write(INSERT, ...wrong.map((entry) => table('filter', entry)));
    expect(details.map(({ code }) => code)).toEqual(wrong.map(() => status.INVALID_ARGUMENT));
  });

  test('default actions: set, read, reset; const ones refused', async () => {
    const set = table('bridge', { isDefaultAction: true, action: action('send', 3) });
    expect(await client.write(MODIFY, set)).toMatchObject({ code: 0 });
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(sent.map(({ port }) => port)).toEqual([3]);
    expect(await readTables(table('bridge', { isDefaultAction: true }))).toMatchObject([
      { isDefaultAction: true, action: action('send', 3), match: [] },
    ]);
    expect(await client.write(MODIFY, table('bridge', { isDefaultAction: true }))).toMatchObject({ code: 0 });
    expect(await readTables(table('bridge', { isDefaultAction: true }))).toMatchObject([
      { action: action('NoAction') },
    ]);
    const refused = await client.writeUpdates([
      ...[INSERT, DELETE].map((type) => ({ type, entity: entity(set) })),
      { type: MODIFY, entity: entity(table('fixed', { isDefaultAction: true, action: action('drop') })) },
      { type: MODIFY, entity: entity(table('filter', { isDefaultAction: true, action: action('send', 1) })) },
    ]);
    expect(refused.details.map(({ code }) => status[code])).toEqual([
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'PERMISSION_DENIED',
      'PERMISSION_DENIED',
    ]);
  });

  test('const tables are read, not written', async () => {
    const entries = await readTables(table('fixed'));
    expect(entries.map(({ isConst, action: one }) => [isConst, one])).toEqual([
      [true, action('to_controller', 3)],
      [true, action('drop')],
    ]);
    const key = {
      match: [{ fieldId: 1, fieldMatchType: { $case: 'exact' as const, value: { value: bytes(0x88b6) } } }],
    };
    const { details } = await client.write(INSERT, table('fixed', { ...key, action: action('drop') }));
    expect(details.map(({ code }) => code)).toEqual([status.PERMISSION_DENIED]);
  });

  test('idle entries are reported to the primary', async () => {
    await client.write(
      INSERT,
      bridge(MAC_A, 2, { idleTimeoutNs: 1_000_000_000n, metadata: Buffer.from('m') }),
    );
    now_us = 2_000_000;
    device.tick();
    const { tableEntry } = await client.next('idleTimeoutNotification');
    expect(tableEntry).toMatchObject([
      { tableId: id('bridge'), idleTimeoutNs: 1_000_000_000n, metadata: Buffer.from('m') },
    ]);
    const [entry] = await readTables(table('bridge', { timeSinceLastHit: { elapsedNs: 0n } }));
    expect(entry?.timeSinceLastHit).toEqual({ elapsedNs: 2_000_000_000n });
  });
});

function entity(value: EntityOf): Entity {
  return Entity.fromPartial({ entity: value });
}

describe('counters and registers', () => {
  test('indirect counters: one, all, all of all; written and refused', async () => {
    device.inject(1, ethernet(MAC_A, MAC_B));
    device.inject(1, ethernet(MAC_A, MAC_B));
    const counterId = id('received');
    expect(await client.read({ $case: 'counterEntry', value: { counterId, index: { index: 1n } } })).toEqual([
      entity({
        $case: 'counterEntry',
        value: { counterId, index: { index: 1n }, data: { packetCount: 2n, byteCount: 0n } },
      }),
    ]);
    expect(await client.read({ $case: 'counterEntry', value: { counterId } })).toHaveLength(16);
    expect(await client.read({ $case: 'counterEntry', value: {} })).toHaveLength(16);
    const data = { packetCount: 9n, byteCount: 0n };
    expect(await client.write(MODIFY, { $case: 'counterEntry', value: { counterId, data } })).toMatchObject({
      code: 0,
    });
    expect(
      await client.read({ $case: 'counterEntry', value: { counterId, index: { index: 15n } } }),
    ).toMatchObject([{ entity: { value: { data } } }]);
    const { details } = await client.write(
      MODIFY,
      { $case: 'counterEntry', value: { counterId, index: { index: 16n }, data } },
      { $case: 'counterEntry', value: { counterId, index: { index: -1n }, data } },
      { $case: 'counterEntry', value: { counterId: 3, data } },
    );
    expect(details.map(({ code }) => status[code])).toEqual([
      'OUT_OF_RANGE',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
    ]);
    const inserted = await client.write(INSERT, { $case: 'counterEntry', value: { counterId, data } });
    expect(inserted.details.map(({ code }) => code)).toEqual([status.INVALID_ARGUMENT]);
  });

  test('direct counters, with the entry and by themselves', async () => {
    await client.write(INSERT, bridge(MAC_A, 2), bridge(MAC_B, 3));
    device.inject(1, ethernet(MAC_A, MAC_B, 0x800, 100));
    const wanted = bridge(MAC_A, 0, { action: undefined });
    const tableEntry = wanted.$case === 'tableEntry' ? wanted.value : {};
    const one = await client.read({ $case: 'directCounterEntry', value: { tableEntry } });
    expect(one).toMatchObject([{ entity: { value: { data: { packetCount: 1n, byteCount: 100n } } } }]);
    const data = { packetCount: 0n, byteCount: 7n };
    await client.write(MODIFY, { $case: 'directCounterEntry', value: { tableEntry, data } });
    const all = await client.read({ $case: 'directCounterEntry', value: { tableEntry: {} } });
    expect(all).toMatchObject([
      { entity: { value: { data } } },
      { entity: { value: { data: { packetCount: 0n } } } },
    ]);
    const missing = bridge(99n, 0);
    const none = missing.$case === 'tableEntry' ? missing.value : {};
    await expect(
      client.read({ $case: 'directCounterEntry', value: { tableEntry: none } }),
    ).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  test('registers', async () => {
    device.inject(2, ethernet(MAC_A, MAC_B));
    const registerId = id('last_source');
    const cell = (index: bigint, value: bigint) => ({
      $case: 'registerEntry' as const,
      value: {
        registerId,
        index: { index },
        data: { data: { $case: 'bitstring' as const, value: bytes(value) } },
      },
    });
    expect(
      await client.read({ $case: 'registerEntry', value: { registerId, index: { index: 2n } } }),
    ).toEqual([entity(cell(2n, MAC_B))]);
    expect(await client.write(MODIFY, cell(3n, 5n))).toMatchObject({ code: 0 });
    const all = await client.read({ $case: 'registerEntry', value: { registerId } });
    expect(all).toHaveLength(8);
    expect(all[3]).toEqual(entity(cell(3n, 5n)));
    const { details } = await client.write(MODIFY, cell(8n, 1n), cell(0n, 1n << 48n));
    expect(details.map(({ code }) => status[code])).toEqual(['OUT_OF_RANGE', 'OUT_OF_RANGE']);
  });
});

describe('packet replication', () => {
  const replica = (port: number, instance = 1) => ({
    portKind: { $case: 'egressPort' as const, value: port },
    instance,
    backupReplicas: [],
  });

  function group(multicastGroupId: number, ...replicas: ReturnType<typeof replica>[]): EntityOf {
    const value = { type: { $case: 'multicastGroupEntry' as const, value: { multicastGroupId, replicas } } };
    return { $case: 'packetReplicationEngineEntry', value };
  }

  test('multicast groups replicate, are read back and refused when wrong', async () => {
    expect(await client.write(INSERT, group(4, replica(2), replica(3)))).toMatchObject({ code: 0 });
    await client.write(INSERT, bridge(MAC_A, 0, { action: action('flood', 4) }));
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(sent.map(({ port }) => port)).toEqual([2, 3]);
    expect(await client.read(group(0))).toMatchObject([
      { entity: { value: { type: { value: { multicastGroupId: 4, replicas: [replica(2), replica(3)] } } } } },
    ]);
    const refused = await client.writeUpdates([
      { type: INSERT, entity: entity(group(4)) },
      { type: INSERT, entity: entity(group(0)) },
      { type: MODIFY, entity: entity(group(5)) },
      { type: MODIFY, entity: entity(group(4, replica(1), replica(1))) },
      { type: DELETE, entity: entity(group(4)) },
      { type: DELETE, entity: entity(group(4)) },
    ]);
    expect(refused.details.map(({ code }) => status[code])).toEqual([
      'ALREADY_EXISTS',
      'INVALID_ARGUMENT',
      'NOT_FOUND',
      'INVALID_ARGUMENT',
      'OK',
      'NOT_FOUND',
    ]);
    await expect(client.read(group(4))).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  test('clone sessions', async () => {
    const session: EntityOf = {
      $case: 'packetReplicationEngineEntry',
      value: {
        type: {
          $case: 'cloneSessionEntry',
          value: { sessionId: 5, replicas: [replica(3)], packetLengthBytes: 20 },
        },
      },
    };
    expect(await client.write(INSERT, session)).toMatchObject({ code: 0 });
    await client.write(INSERT, bridge(MAC_A, 0, { action: action('mirror', 2) }));
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(sent.map(({ port, frame }) => [port, frame.length]).sort()).toEqual([
      [2, 60],
      [3, 20],
    ]);
    expect(await client.read(session)).toMatchObject([
      { entity: { value: { type: { value: { packetLengthBytes: 20 } } } } },
    ]);
  });
});

describe('stream messages', () => {
  test('packet-in with metadata, packet-out to a port', async () => {
    const frame = ethernet(MAC_A, MAC_B, 0x88b6);
    device.inject(3, frame);
    expect(await client.next('packet')).toEqual({
      payload: frame,
      metadata: [
        { metadataId: 1, value: bytes(3) },
        { metadataId: 2, value: bytes(3) },
        { metadataId: 3, value: bytes(0) },
      ],
    });
    const metadata = [
      { metadataId: 1, value: Buffer.from([0, 2]) },
      { metadataId: 2, value: bytes(0) },
    ];
    client.send({ update: { $case: 'packet', value: { payload: frame, metadata } } });
    client.send({ update: { $case: 'packet', value: { payload: frame, metadata: metadata.slice(1) } } });
    expect(await client.next('error')).toMatchObject({
      canonicalCode: status.INVALID_ARGUMENT,
      message: 'packet_out: metadata egress_port (id 1) is missing',
    });
    expect(sent).toEqual([{ port: 2, frame: Uint8Array.from(frame) }]);
  });

  test('digests: lists, duplicates suppressed until acknowledged, nothing without a config', async () => {
    const learn = table('filter', { priority: 1, action: action('learn') });
    const digestId = id('seen_t');
    const digest = (maxListSize: number): EntityOf => ({
      $case: 'digestEntry',
      value: {
        digestId,
        config: { maxTimeoutNs: 3_600_000_000_000n, maxListSize, ackTimeoutNs: 3_600_000_000_000n },
      },
    });
    await client.write(INSERT, learn);
    await expect(client.read({ $case: 'digestEntry', value: { digestId } })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(await client.write(INSERT, digest(2))).toMatchObject({ code: 0 });
    device.inject(1, ethernet(MAC_A, MAC_B));
    device.inject(1, ethernet(MAC_A, MAC_B));
    device.inject(2, ethernet(MAC_A, MAC_A));
    const list = await client.next('digest');
    const members = (mac: bigint, port: number) => ({
      data: {
        $case: 'struct',
        value: {
          members: [bytes(mac), bytes(port)].map((value) => ({ data: { $case: 'bitstring', value } })),
        },
      },
    });
    expect(list).toMatchObject({ digestId, data: [members(MAC_B, 1), members(MAC_A, 2)] });

    expect(await client.write(MODIFY, digest(1))).toMatchObject({ code: 0 });
    device.inject(1, ethernet(MAC_A, MAC_B));
    device.inject(3, ethernet(MAC_A, MAC_B));
    expect(await client.next('digest')).toMatchObject({ data: [members(MAC_B, 3)] });
    client.send({ update: { $case: 'digestAck', value: { digestId, listId: list.listId } } });
    client.send({ update: { $case: 'digestAck', value: { digestId: 9, listId: 1n } } });
    expect(await client.next('error')).toMatchObject({ canonicalCode: status.INVALID_ARGUMENT });
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(await client.next('digest')).toMatchObject({ data: [members(MAC_B, 1)] });
    expect(await client.read({ $case: 'digestEntry', value: {} })).toHaveLength(1);
  });
});

describe('arbitration', () => {
  test('a higher id takes over, a lower one is backup, only the primary writes', async () => {
    const higher = connect((1n << 64n) + 5n);
    higher.arbitrate();
    expect(await client.status()).toBe(status.ALREADY_EXISTS);
    expect(await higher.status()).toBe(status.OK);
    expect(await client.write(INSERT, bridge(MAC_A, 1))).toEqual({
      code: status.PERMISSION_DENIED,
      details: [],
    });
    expect(await client.setConfig(config)).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(await higher.write(INSERT, bridge(MAC_A, 1))).toMatchObject({ code: 0 });
    client.send({ update: { $case: 'packet', value: { payload: ethernet(MAC_A, MAC_B) } } });
    expect(await client.next('error')).toMatchObject({ canonicalCode: status.PERMISSION_DENIED });

    higher.close();
    expect(await client.next('arbitration')).toMatchObject({
      status: { code: status.NOT_FOUND },
      electionId: { high: 1n, low: 5n },
    });
    expect(await client.write(INSERT, bridge(MAC_B, 1))).toMatchObject({ code: status.PERMISSION_DENIED });
    client.arbitrate(1n << 65n);
    expect(await client.status()).toBe(status.OK);
  });

  test('the same election id, another device, a changed device end the stream', async () => {
    const same = connect(1n);
    same.arbitrate();
    expect(await same.ended()).toMatchObject({ code: status.INVALID_ARGUMENT });
    const lost = connect(2n);
    lost.arbitrate(2n, 99n);
    expect(await lost.ended()).toMatchObject({ code: status.NOT_FOUND });
    client.arbitrate(1n, 99n);
    expect(await client.ended()).toMatchObject({ code: status.FAILED_PRECONDITION });
  });

  test('a primary that lowers its id is a backup', async () => {
    const other = connect(9n);
    other.arbitrate();
    expect(await other.status()).toBe(status.OK);
    other.arbitrate(8n);
    expect(await other.status()).toBe(status.NOT_FOUND);
    other.arbitrate(9n);
    expect(await other.status()).toBe(status.OK);
  });
});

describe('forwarding pipeline configs', () => {
  test('are read back by parts', async () => {
    expect(await client.getConfig(0)).toMatchObject({
      cookie: { cookie: 42n },
      p4DeviceConfig: config.p4DeviceConfig,
    });
    expect(await client.getConfig(1)).toEqual({
      cookie: { cookie: 42n },
      p4info: undefined,
      p4DeviceConfig: Buffer.alloc(0),
    });
    expect((await client.getConfig(2))?.p4info?.tables).toHaveLength(3);
    expect((await client.getConfig(3))?.p4info).toBeUndefined();
  });

  test('a saved config takes writes, and packets once it is committed', async () => {
    await client.write(INSERT, bridge(MAC_A, 2));
    expect(await client.setConfig(pipelineConfig('server', 43n), SetAction.VERIFY_AND_SAVE)).toBeUndefined();
    expect(await readTables(table('bridge'))).toEqual([]);
    await client.write(INSERT, bridge(MAC_A, 3));
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(await client.setConfig(undefined, SetAction.COMMIT)).toBeUndefined();
    device.inject(1, ethernet(MAC_A, MAC_B));
    expect(sent.map(({ port }) => port)).toEqual([2, 3]);
    expect(await client.setConfig(undefined, SetAction.COMMIT)).toMatchObject({ code: status.NOT_FOUND });
  });

  test('what is wrong is named, and the old one stays', async () => {
    await client.write(INSERT, bridge(MAC_A, 2));
    const other = pipelineConfig('router');
    const cases: [Parameters<RawClient['setConfig']>, keyof typeof status, string | RegExp][] = [
      [[undefined], 'INVALID_ARGUMENT', 'config is not set'],
      [[{ ...config, p4info: undefined }], 'INVALID_ARGUMENT', 'config.p4info is not set'],
      [
        [{ ...config, p4DeviceConfig: Buffer.from('{') }],
        'INVALID_ARGUMENT',
        /is not the JSON p4c writes for BMv2/,
      ],
      [
        [{ ...config, p4DeviceConfig: other.p4DeviceConfig }],
        'INVALID_ARGUMENT',
        'P4Info does not match p4_device_config: table switching.bridge is not in the program',
      ],
      [[undefined, SetAction.RECONCILE_AND_COMMIT], 'INVALID_ARGUMENT', 'config is not set'],
      [[config, SetAction.COMMIT], 'INVALID_ARGUMENT', 'COMMIT takes no config'],
      [[config, SetAction.UNSPECIFIED], 'INVALID_ARGUMENT', 'action 0 is unknown'],
    ];
    for (const [args, code, message] of cases) {
      const failure = await client.setConfig(...args);
      expect(failure).toMatchObject({ code: status[code] });
      expect(failure?.message).toEqual(
        typeof message === 'string' ? message : expect.stringMatching(message),
      );
    }
    expect(await client.setConfig(config, SetAction.VERIFY)).toBeUndefined();
    expect(await readTables(table('bridge'))).toHaveLength(1);
  });

  test('without one, reads and writes are FAILED_PRECONDITION', async () => {
    const bare = new Switch({ ports: [] });
    address = await bare.listen('127.0.0.1:0', DEVICE_ID);
    const lonely = connect(1n);
    lonely.arbitrate();
    await lonely.status();
    expect(await lonely.write(INSERT, bridge(MAC_A, 1))).toMatchObject({ code: status.FAILED_PRECONDITION });
    await expect(lonely.read(table('bridge'))).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
    expect(await lonely.getConfig(0)).toBeUndefined();
    lonely.close();
    await bare.close();
  });
});

test('capabilities say the version of the API', async () => {
  const version = await new Promise((resolve) =>
    client.client.capabilities(CapabilitiesRequest.fromPartial({}), (_, response) =>
      resolve(response.p4runtimeApiVersion),
    ),
  );
  expect(version).toBe('1.4.1');
});
