import { status } from '@grpc/grpc-js';
import { Update_Type, type P4Info, type TableEntry } from 'p4runtime-js';
import { Switch } from '../../../src/switch/switch';
import { bytes, DEVICE_ID, idsOf, pipelineConfig, RawClient } from './raw_client';

/** The meters program with a key that P4Info gives no width, as p4c writes for a key of type `error`. */
function configWithoutWidth(): ReturnType<typeof pipelineConfig> {
  const config = pipelineConfig('meters', 1n);
  const table = config.p4info?.tables.find(({ preamble }) => preamble?.alias === 'metered');
  for (const field of table?.matchFields ?? []) field.bitwidth = 0;
  return config;
}

test('a program with a key of no width runs; only entries with that key are UNIMPLEMENTED', async () => {
  const config = configWithoutWidth();
  const id = idsOf(config.p4info as P4Info);
  const device = new Switch({ ports: [1] });
  const client = new RawClient(await device.listen('127.0.0.1:0', DEVICE_ID), 1n);
  try {
    client.arbitrate();
    expect(await client.status()).toBe(status.OK);
    expect(await client.setConfig(config)).toBeUndefined();
    const entry = {
      tableId: id('metered'),
      match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(1) } } }],
      action: { type: { $case: 'action', value: { actionId: id('NoAction'), params: [] } } },
    } as unknown as TableEntry;
    const result = await client.write(Update_Type.INSERT, { $case: 'tableEntry', value: entry });
    expect(result.details.map(({ code }) => code)).toEqual([status.UNIMPLEMENTED]);
  } finally {
    client.close();
    await device.close();
  }
});
