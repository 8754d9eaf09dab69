/**
 * P4Runtime 1.5 messages and services for @grpc/grpc-js. Bytes are Buffers, 64-bit integers bigints, a
 * oneof is `{ $case, value } | undefined`. Names are those of the .proto files; the one name p4.v1 and
 * p4.config.v1 share, Action, is p4.v1's here and `ActionInfo` is p4.config.v1's.
 */
import { join } from 'node:path';

export * from './generated/p4/v1/p4runtime';
export * from './generated/p4/v1/p4data';
export * from './generated/p4/config/v1/p4types';
export * from './generated/p4/config/v1/p4info';
export * from './generated/google/rpc/status';
export * from './generated/google/rpc/code';
export * from './generated/google/protobuf/any';

export {
  Action,
  Action_Param,
  Error as P4Error,
  protobufPackage,
  protobufFileName,
} from './generated/p4/v1/p4runtime';
export { P4RuntimeService } from './service';
export { Action as ActionInfo, Action_Param as ActionInfo_Param } from './generated/p4/config/v1/p4info';
export type { DeepPartial, MessageFns } from './generated/p4/v1/p4runtime';

/** Directory that holds the .proto files, as `p4/v1/p4runtime.proto`: for libraries that read them at run time. */
export const PROTO_DIR = join(__dirname, '..');
