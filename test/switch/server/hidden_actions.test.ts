import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { P4Info, Update_Type, type TableEntry } from 'p4runtime-js';
import { Switch } from '../../../src/switch/switch';
import { bytes, DEVICE_ID, idsOf, pipelineConfig, RawClient } from './raw_client';

const config = pipelineConfig('hidden', 1n, join(__dirname, 'programs'));
const info = P4Info.fromPartial(config.p4info ?? {});
const id = idsOf(info);
/** The one that the table refers to and the P4Info does not describe. */
const described = new Set(info.actions.map(({ preamble }) => preamble?.id));
const hidden_id = info.tables[0]?.actionRefs.find(({ id: action_id }) => !described.has(action_id))?.id ?? 0;

function entry(action_id: number): TableEntry {
  return {
    tableId: id('forward'),
    match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(1) } } }],
    action: {
      type: { $case: 'action', value: { actionId: action_id, params: [{ paramId: 1, value: bytes(2) }] } },
    },
  } as unknown as TableEntry;
}

test('a program with hidden actions runs; they are read, and nobody can write them', async () => {
  const device = new Switch({ ports: [1, 2, 3] });
  const client = new RawClient(await device.listen('127.0.0.1:0', DEVICE_ID), 1n);
  try {
    client.arbitrate();
    expect(await client.status()).toBe(status.OK);
    expect(await client.setConfig(config)).toBeUndefined();
    expect(device.exchange(1, Uint8Array.of(9)).map(({ port }) => port)).toEqual([3]);
    const defaults = await client.read({
      $case: 'tableEntry',
      value: { tableId: id('forward'), isDefaultAction: true },
    });
    expect(defaults).toMatchObject([
      {
        entity: {
          value: {
            action: { type: { value: { actionId: hidden_id, params: [{ paramId: 1, value: bytes(3) }] } } },
          },
        },
      },
    ]);
    const write = (action: number) =>
      client.write(Update_Type.INSERT, { $case: 'tableEntry', value: entry(action) });
    expect((await write(hidden_id)).details).toMatchObject([{ code: status.PERMISSION_DENIED }]);
    expect(await write(id('send'))).toMatchObject({ code: status.OK });
    expect(device.exchange(1, Uint8Array.of(1)).map(({ port }) => port)).toEqual([2]);
  } finally {
    client.close();
    await device.close();
  }
});
