/** Which P4 program a target runs, told by a cookie (specification, "SetForwardingPipelineConfig RPC"). */
import { createHash } from 'node:crypto';
import { P4Info } from 'p4runtime-js';
import type { P4Schema } from './p4info';

/** A compiled program. */
export interface Pipeline {
  p4info: P4Schema;
  /** What the target loads: for BMv2 and the embedded switch, p4c's JSON. */
  device_config: Uint8Array;
}

/** First 64 bits of the SHA-256 of P4Info and device configuration, so equal programs have equal cookies. */
export function pipelineCookie({ p4info, device_config }: Pipeline): bigint {
  const p4info_bytes = P4Info.encode(p4info.p4info).finish();
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(p4info_bytes.length));
  const hash = createHash('sha256').update(length).update(p4info_bytes).update(device_config);
  return hash.digest().readBigUInt64BE(0);
}
