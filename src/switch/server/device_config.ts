import { Reader } from 'protobufjs/minimal';
import { RpcError } from './rpc_error';

/** `{`, which no protobuf message that anybody sends begins with. */
const BRACE = 0x7b;
/** PI's `p4.tmp.P4DeviceConfig`: field 3, `device_data`, is the program. */
const DEVICE_DATA = 3;
const BYTES = 2;

/**
 * The program in a p4_device_config: p4c's JSON, bare or in the P4DeviceConfig message that it once had to be put in. Old
 * clients, the P4 tutorials' among them, still do, and simple_switch_grpc takes both.
 * @throws RpcError INVALID_ARGUMENT if it is neither
 */
export function parseDeviceConfig(device_config: Uint8Array): object {
  const json = device_config[0] === BRACE ? device_config : (unwrap(device_config) ?? device_config);
  let reason: string;
  try {
    const program: unknown = JSON.parse(Buffer.from(json).toString('utf8'));
    if (typeof program === 'object' && program !== null && !Array.isArray(program)) return program;
    reason = 'it is not an object';
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new RpcError('INVALID_ARGUMENT', `p4_device_config is not the JSON p4c writes for BMv2: ${reason}`);
}

/** undefined: it is no such message, or has no program. */
function unwrap(message: Uint8Array): Uint8Array | undefined {
  let device_data: Uint8Array | undefined;
  try {
    const reader = Reader.create(message);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag >>> 3 === DEVICE_DATA && (tag & 7) === BYTES) device_data = reader.bytes();
      else reader.skipType(tag & 7);
    }
  } catch {
    return undefined;
  }
  return device_data;
}

/** INVALID_ARGUMENT for a program that cannot be loaded or compiled. */
export function refusedProgram(error: unknown): RpcError {
  const reason = error instanceof Error ? error.message : String(error);
  return new RpcError('INVALID_ARGUMENT', `p4_device_config: ${reason}`);
}
