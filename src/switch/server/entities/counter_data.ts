import { CounterSpec_Unit, type Counter, type CounterData, type DirectCounter } from 'p4runtime-js';
import type { CounterValue } from '../../engine';
import { RpcError } from '../rpc_error';

/** Counters are kept in float64: beyond this they would not read back as they were written. */
const COUNT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

export function decodeCounterData(data: CounterData): CounterValue {
  if (data.packetCount < 0n || data.byteCount < 0n) {
    throw new RpcError('INVALID_ARGUMENT', 'a counter cannot be negative');
  }
  for (const count of [data.packetCount, data.byteCount])
    if (count > COUNT_MAX)
      throw new RpcError('OUT_OF_RANGE', `a counter of ${count}: the highest that can be set is 2^53 - 1`);
  return { packets: data.packetCount, bytes: data.byteCount };
}

/** Only what the program counts: the other of bytes and packets is 0. */
export function encodeCounterData(
  counter: Counter | DirectCounter | undefined,
  value: CounterValue,
): CounterData {
  const unit = counter?.spec?.unit ?? CounterSpec_Unit.BOTH;
  return {
    byteCount: unit === CounterSpec_Unit.PACKETS ? 0n : value.bytes,
    packetCount: unit === CounterSpec_Unit.BYTES ? 0n : value.packets,
  };
}
