import { DeviceUnderTest } from './server/device_under_test';
import { pipelineConfig } from './server/raw_client';
import { ProgramUnderTest } from './program';

const OUT_PORT = 1;

/** What comes out before the packet's own headers: the results of the two tables. */
function result(by_invalid: number, by_mask: number): string {
  return `${OUT_PORT}:${Buffer.from([by_invalid, by_mask]).toString('hex')}`;
}

test('a field of an invalid header is matched as 0, whatever it held before', () => {
  const program = new ProgramUnderTest('corners');
  for (const value of [0n, 7n])
    program.insert('enter.invalid', [{ kind: 'exact', value }], {
      name: 'enter.set_by_invalid',
      args: [0x10n + value],
    });
  expect(program.runHex(0, '0000 0507')).toEqual([`${result(0x17, 0xff)}00000507`]);
  expect(program.runHex(0, '0100 0507')).toEqual([`${result(0x10, 0xff)}0100`]);
});

test('of a key with a mask only the masked bits count, in entries too', () => {
  const program = new ProgramUnderTest('corners');
  const action = { name: 'enter.set_by_mask', args: [9n] };
  program.insert('enter.masked', [{ kind: 'exact', value: 0x37n }], action);
  expect(program.runHex(0, '003c 0000')).toEqual([`${result(0xff, 9)}003c0000`]);
  expect(() => program.insert('enter.masked', [{ kind: 'exact', value: 0x38n }], action)).toThrow(/exists/);
  expect([...program.engine.entries('enter.masked')].map(({ match }) => match)).toEqual([
    [{ kind: 'exact', value: 0x30n }],
  ]);
});

test('mark_to_drop on a copy of the standard metadata drops the packet only when the copy is used', () => {
  const program = new ProgramUnderTest('corners');
  expect(program.runHex(0, '0300 0000')).toHaveLength(1);
  expect(program.runHex(0, '0400 0000')).toEqual([]);
});

test('an action that is called directly is still one of its table, with its parameters', async () => {
  const program = new ProgramUnderTest('corners');
  program.insert('enter.masked', [{ kind: 'exact', value: 0x30n }], {
    name: 'enter.set_by_mask',
    args: [9n],
  });
  expect(program.runHex(0, '0030 0000')).toEqual([`${result(0xff, 9)}00300000`]);
  expect(program.runHex(0, '0230 0000')).toEqual([`${result(0xff, 0x22)}02300000`]);
  // P4Info has the action once, the program twice.
  const { dut, client } = await DeviceUnderTest.start();
  try {
    expect(await client.setConfig(pipelineConfig('corners', 1n))).toBeUndefined();
  } finally {
    await dut.close();
  }
});
