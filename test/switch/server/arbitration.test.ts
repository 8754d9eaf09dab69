import { status } from '@grpc/grpc-js';
import { Update_Type } from 'p4runtime-js';
import { bridge, config, DeviceUnderTest, ethernet } from './device_under_test';
import { DEVICE_ID, type RawClient } from './raw_client';

const { INSERT } = Update_Type;

const MAC_A = 0x0200_0000_000an;
const MAC_B = 0x0200_0000_000bn;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

test('a higher id takes over, a lower one is backup, only the primary writes', async () => {
  const higher = dut.connect((1n << 64n) + 5n);
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
  const same = dut.connect(1n);
  same.arbitrate();
  expect(await same.ended()).toMatchObject({ code: status.INVALID_ARGUMENT });
  const lost = dut.connect(2n);
  lost.arbitrate(2n, 99n);
  expect(await lost.ended()).toMatchObject({ code: status.NOT_FOUND });
  client.arbitrate(1n, 99n);
  expect(await client.ended()).toMatchObject({ code: status.FAILED_PRECONDITION });
});

test('a primary that lowers its id is a backup', async () => {
  const other = dut.connect(9n);
  other.arbitrate();
  expect(await other.status()).toBe(status.OK);
  other.arbitrate(8n);
  expect(await other.status()).toBe(status.NOT_FOUND);
  other.arbitrate(9n);
  expect(await other.status()).toBe(status.OK);
});

test('election id 0 is one like any other, an unset id never wins', async () => {
  const zero = dut.connect(0n, 'zero');
  zero.arbitrate(0n);
  expect(await zero.status()).toBe(status.OK);
  const standby = dut.connect(0n, 'zero');
  standby.send({ update: { $case: 'arbitration', value: { deviceId: DEVICE_ID, role: { name: 'zero' } } } });
  expect(await standby.status()).toBe(status.ALREADY_EXISTS);
});
