/** Action profiles, selectors and value sets over P4Runtime, through the client. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionProfileActionSet_ActionSelectionMode as Mode, type Entity as WireEntity } from 'p4runtime-js';
import {
  action,
  Client,
  codeName,
  exact,
  P4Schema,
  parseTarget,
  range,
  ternary,
  WriteError,
  type Entity,
  type Pipeline,
  type UpdateType,
} from '../../../src/p4runtime';
import { Switch } from '../../../src/switch/switch';
import { bytes, DEVICE_ID, idsOf, RawClient } from './raw_client';

const PROGRAMS = join(__dirname, '..', 'programs');
const load = (name: string): Pipeline => ({
  p4info: P4Schema.load(join(PROGRAMS, `${name}.p4info.txtpb`)),
  device_config: readFileSync(join(PROGRAMS, `${name}.json`)),
});
const selectors = load('selectors');
const value_sets = load('value_sets');

let device: Switch;
let client: Client;
let address: string;
let sent: Buffer[];

async function start(pipeline: Pipeline): Promise<void> {
  device = new Switch({ ports: [1, 2], now_us: () => 0 });
  sent = [];
  device.on('frame', (_port, frame) => sent.push(Buffer.from(frame)));
  address = await device.listen('127.0.0.1:0', DEVICE_ID);
  client = new Client(parseTarget(`grpc://${address}?device_id=${DEVICE_ID}`), {
    election_id: 1n,
    p4info: pipeline.p4info,
  });
  await client.start();
  await client.pushPipeline(pipeline);
}

afterEach(async () => {
  client.close();
  await device.close();
});

/** The code each update is answered with, undefined where all were done. */
async function codes(...updates: [UpdateType, Entity][]): Promise<string[] | undefined> {
  try {
    await client.write(updates.map(([type, entity]) => ({ type, entity })));
    return undefined;
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    return error.failures.map(({ index, code }) => `${index} ${codeName(code)}`);
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const mark = (value: number) => action('MyIngress.mark', { value, port: 1 });
const member = (member_id: number, action_profile = 'MyIngress.crc') => ({
  action_profile,
  member_id,
  action: mark(member_id),
});
const group = (group_id: number, ...member_ids: number[]) => ({
  action_profile: 'MyIngress.crc',
  group_id,
  members: member_ids.map((member_id) => ({ member_id, weight: 1, watch_port: Buffer.from([2]) })),
});
const selected = { table: 'MyIngress.selected', match: { 'hdr.request.key': exact(1) } };

function result(table: number, flow = 0): number | undefined {
  const frame = Buffer.alloc(11);
  frame[0] = table;
  frame[1] = 1;
  frame.writeUInt16BE(flow, 2);
  sent = [];
  device.inject(1, frame);
  return sent[0]?.[9];
}

describe('members, groups, entries', () => {
  beforeEach(() => start(selectors));

  test('are used by packets and read as they were written, in one batch or many', async () => {
    const written: Entity[] = [member(2), member(1), group(7, 2, 1), group(3)];
    const entry = { ...selected, action: { group_id: 7 } };
    expect(
      await codes(...[...written, entry].map((one): [UpdateType, Entity] => ['insert', one])),
    ).toBeUndefined();
    expect(await all(client.readActionProfile('MyIngress.crc'))).toEqual(written);
    expect(await all(client.readTable('MyIngress.selected'))).toEqual([entry]);
    expect(new Set(Array.from({ length: 32 }, (_, flow) => result(2, flow)))).toEqual(new Set([1, 2]));
    expect(await codes(['modify', group(7, 1)])).toBeUndefined();
    expect(new Set(Array.from({ length: 32 }, (_, flow) => result(2, flow)))).toEqual(new Set([1]));
    device.ports.get(2)?.setUp(false);
    device.tick();
    expect(result(2)).toBe(0);
    expect(await all(client.readActionProfile('MyIngress.crc'))).toContainEqual(group(7, 1));
  });

  test('each failed update has its own code', async () => {
    await codes(
      ['insert', member(1)],
      ['insert', group(1, 1)],
      ['insert', { ...selected, action: { group_id: 1 } }],
    );
    const other = { ...selected, match: { 'hdr.request.key': exact(2) } };
    expect(
      await codes(
        ['insert', member(1)],
        ['modify', member(9)],
        ['delete', member(1)],
        ['insert', member(0)],
        ['insert', group(1)],
        ['insert', group(2, 9)],
        ['delete', group(1)],
        ['insert', { ...group(2), max_size: 7 }],
        ['insert', { ...group(2, 1), members: [{ member_id: 1, weight: 7 }] }],
        ['insert', { ...group(2, 1), members: [{ member_id: 1, weight: 1, watch_port: Buffer.from([9]) }] }],
        ['insert', { ...other, action: { member_id: 9 } }],
        ['insert', { ...other, action: { one_shot: [{ action: mark(1), weight: 1 }] } }],
        ['modify', { table: selected.table, match: {}, is_default: true, action: mark(1) }],
        ['insert', { ...other, action: { member_id: 1 } }],
      ),
    ).toEqual([
      '0 ALREADY_EXISTS',
      '1 NOT_FOUND',
      '2 FAILED_PRECONDITION',
      '3 INVALID_ARGUMENT',
      '4 ALREADY_EXISTS',
      '5 NOT_FOUND',
      '6 FAILED_PRECONDITION',
      '7 INVALID_ARGUMENT',
      '8 RESOURCE_EXHAUSTED',
      '9 INVALID_ARGUMENT',
      '10 NOT_FOUND',
      '11 INVALID_ARGUMENT',
      '12 INVALID_ARGUMENT',
    ]);
    const shared = [1, 2, 3, 4, 5].map((id): [UpdateType, Entity] => [
      'insert',
      member(id, 'MyIngress.shared'),
    ]);
    expect(await codes(...shared)).toEqual(['4 RESOURCE_EXHAUSTED']);
  });

  test('what counts as size is P4Info’s', async () => {
    const counted = (members: [number, number][]) => ({
      action_profile: 'MyIngress.counted',
      group_id: 1,
      members: members.map(([member_id, weight]) => ({ member_id, weight })),
    });
    for (const id of [1, 2, 3, 4]) await codes(['insert', member(id, 'MyIngress.counted')]);
    expect(await codes(['insert', counted([[1, 8], [2, 8], [3, 8]])])).toBeUndefined(); // prettier-ignore
    expect(await codes(['modify', counted([[1, 9]])])).toEqual(['0 INVALID_ARGUMENT']);
    expect(await codes(['modify', counted([[1, 1], [2, 1], [3, 1], [4, 1]])])).toEqual(['0 RESOURCE_EXHAUSTED']); // prettier-ignore
  });

  test('one-shot sets are read as they were written', async () => {
    const one_shot = [
      { action: mark(5), weight: 2 },
      { action: mark(6), weight: 1, watch_port: Buffer.from([2]) },
      { action: mark(5), weight: 1 },
    ];
    const entry = { ...selected, action: { one_shot } };
    expect(await codes(['insert', entry])).toBeUndefined();
    expect(await all(client.readTable('MyIngress.selected'))).toEqual([entry]);
    expect(await all(client.readActionProfile('MyIngress.crc'))).toEqual([]);
    expect(new Set(Array.from({ length: 32 }, (_, flow) => result(2, flow)))).toEqual(new Set([5, 6]));
    const heavy = { ...selected, action: { one_shot: [{ action: mark(1), weight: 7 }] } };
    expect(await codes(['modify', heavy], ['insert', member(1)])).toEqual([
      '0 INVALID_ARGUMENT',
      '1 INVALID_ARGUMENT',
    ]);
    expect(await codes(['delete', entry], ['insert', member(1)])).toBeUndefined();
  });
});

describe('as the messages are', () => {
  const info = selectors.p4info.p4info;
  const id = idsOf(info);
  const profile = (alias: string) =>
    info.actionProfiles.find(({ preamble }) => preamble?.alias === alias)?.preamble?.id ?? 0;
  let raw: RawClient;

  beforeEach(async () => {
    await start(selectors);
    client.close();
    raw = new RawClient(address, 2n);
    raw.arbitrate();
    await raw.status();
  });

  afterEach(() => raw.close());

  const wire = (actionProfileId: number, memberId: number): NonNullable<WireEntity['entity']> => ({
    $case: 'actionProfileMember',
    value: {
      actionProfileId,
      memberId,
      action: {
        actionId: id('mark'),
        params: [
          { paramId: 1, value: bytes(memberId) },
          { paramId: 2, value: bytes(1) },
        ],
      },
    },
  });

  test('ids of 0 read all profiles, ids of nothing read nothing', async () => {
    const members = [wire(profile('shared'), 3), wire(profile('crc'), 3), wire(profile('crc'), 4)];
    expect(await raw.write(1, ...members)).toMatchObject({ code: 0 });
    const read = (actionProfileId: number, memberId: number) =>
      raw.read({ $case: 'actionProfileMember', value: { actionProfileId, memberId } });
    expect((await read(0, 0)).map(({ entity }) => entity)).toEqual(members);
    expect((await read(profile('crc'), 4)).map(({ entity }) => entity)).toEqual(members.slice(2));
    expect(await read(profile('crc'), 5)).toEqual([]);
    await expect(read(12345, 0)).rejects.toMatchObject({ code: 3 });
    expect(await raw.read({ $case: 'actionProfileGroup', value: {} })).toEqual([]);
  });

  test('a member without action, of another action, of an unknown profile', async () => {
    const without = {
      $case: 'actionProfileMember' as const,
      value: { actionProfileId: profile('crc'), memberId: 1 },
    };
    const other = {
      $case: 'actionProfileMember' as const,
      value: {
        ...without.value,
        action: { actionId: id('trail'), params: [{ paramId: 1, value: bytes(1) }] },
      },
    };
    const { details } = await raw.write(1, without, other, wire(1, 1));
    expect(details.map(({ code }) => code)).toEqual([3, 3, 3]);
  });

  test('what selects otherwise than the program says is not done here', async () => {
    const { code, details } = await raw.write(1, {
      $case: 'tableEntry',
      value: {
        tableId: id('selected'),
        match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(1) } } }],
        action: { type: { $case: 'actionProfileActionSet', value: { actionSelectionMode: Mode.RANDOM } } },
      },
    });
    expect([code, details[0]?.code]).toEqual([2, 12]);
  });
});

describe('value sets', () => {
  beforeEach(() => start(value_sets));

  const kinds = (...values: number[]) => ({
    value_set: 'MyParser.kinds',
    members: values.map((value) => ({ '': exact(value) })),
  });

  function path(kind: number, low = 0): number | undefined {
    const frame = Buffer.alloc(11);
    frame.writeUInt16BE(kind, 0);
    frame[2] = low;
    sent = [];
    device.inject(1, frame);
    return sent[0]?.[0];
  }

  test('are replaced by each write and read as they were written', async () => {
    const mixed = {
      value_set: 'MyParser.mixed',
      members: [{ low: ternary(0x10, 0xf0), nibble: range(1, 3) }, { low: ternary(0x20, 0xf0) }],
    };
    expect(await codes(['modify', kinds(7, 9)], ['modify', mixed])).toBeUndefined();
    expect([7, 8, 9].map((kind) => path(kind))).toEqual([1, 0, 1]);
    expect([0x10, 0x25].map((low) => path(0, low))).toEqual([0, 4]);
    expect(await all(client.readValueSets('MyParser.kinds'))).toEqual([kinds(7, 9)]);
    const sets = await all(client.readValueSets());
    expect(sets).toHaveLength(4);
    expect(sets).toContainEqual(mixed);
    expect(sets).toContainEqual({ value_set: 'MyParser.ahead', members: [] });
    expect(await codes(['modify', kinds()])).toBeUndefined();
    expect(path(7)).toBe(0);
  });

  test('are only modified, hold what they hold and nothing twice', async () => {
    expect(await codes(['insert', kinds(1)], ['delete', kinds()], ['modify', kinds(1, 2, 1)])).toEqual([
      '0 INVALID_ARGUMENT',
      '1 INVALID_ARGUMENT',
      '2 ALREADY_EXISTS',
    ]);
    const raw = new RawClient(address, 1n);
    const members = [1, 2, 3, 4, 5].map((value) => ({
      match: [{ fieldId: 1, fieldMatchType: { $case: 'exact' as const, value: { value: bytes(value) } } }],
    }));
    const valueSetId = value_sets.p4info.value_sets.get('MyParser.kinds').id;
    const { details } = await raw.write(2, { $case: 'valueSetEntry', value: { valueSetId, members } });
    expect(details.map(({ code }) => code)).toEqual([8]);
    raw.close();
  });
});
