import { Writer } from 'protobufjs/minimal';
import fc from 'fast-check';
import { RpcError } from '../../../src/switch/server/rpc_error';
import { parseDeviceConfig } from '../../../src/switch/server/device_config';

const PROGRAM = { program: 'a.p4', tables: [1, 2] };
const JSON_BYTES = Buffer.from(JSON.stringify(PROGRAM));

test('the JSON alone', () => {
  expect(parseDeviceConfig(JSON_BYTES)).toEqual(PROGRAM);
  expect(parseDeviceConfig(Buffer.from(`\n  ${JSON_BYTES.toString()}`))).toEqual(PROGRAM);
});

test('the JSON in a P4DeviceConfig, whatever else is in it', () => {
  const message = Writer.create()
    .uint32(8)
    .bool(true)
    .uint32(18)
    .bytes(Buffer.of())
    .uint32(26)
    .bytes(JSON_BYTES);
  expect(parseDeviceConfig(message.finish())).toEqual(PROGRAM);
});

test('anything else is INVALID_ARGUMENT', () => {
  expect(() => parseDeviceConfig(Writer.create().uint32(8).bool(true).finish())).toThrow(RpcError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(() => parseDeviceConfig(bytes)).toThrow(/is not the JSON p4c writes for BMv2/);
    }),
  );
});
