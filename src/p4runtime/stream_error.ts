/** Failures the target reports on the StreamChannel (specification, "Stream Error Reporting"). */
import type { Code, StreamError as WireStreamError } from 'p4runtime-js';

export interface StreamError {
  code: Code;
  message: string;
  space: string;
  target_code: number;
  about: 'packet_out' | 'digest_ack' | 'other';
  /** Of the packet-out that failed, where the target returns it. */
  payload?: Buffer;
}

export function decodeStreamError(wire: WireStreamError): StreamError {
  const { canonicalCode, message, space, code, details } = wire;
  const error = { code: canonicalCode, message, space, target_code: code };
  switch (details?.$case) {
    case 'packetOut': {
      const payload = details.value.packetOut?.payload;
      return { ...error, about: 'packet_out', ...(payload && { payload }) };
    }
    case 'digestListAck':
      return { ...error, about: 'digest_ack' };
    case 'other':
    case undefined:
      return { ...error, about: 'other' };
  }
}
