/** Counter arrays by name <-> CounterEntry. */
import type { CounterData, CounterEntry } from 'p4runtime-js';
import { EncodingError, P4InfoMismatchError } from './errors';
import type { P4Schema } from './p4info';

/** What a counter does not count stays 0. */
export interface CounterValue {
  packets: bigint;
  bytes: bigint;
}

/** One cell of a counter array. */
export interface CounterCell extends CounterValue {
  counter: string;
  index: number;
}

export function decodeCounter(wire: CounterData): CounterValue {
  return { packets: wire.packetCount, bytes: wire.byteCount };
}

export function encodeCounter(value: CounterValue): CounterData {
  return { packetCount: value.packets, byteCount: value.bytes };
}

/** Throws EncodingError unless `index` is one of an array of `size` cells. */
export function encodeIndex(object: string, index: number, size: bigint): { index: bigint } {
  if (!Number.isSafeInteger(index) || index < 0 || (size > 0n && BigInt(index) >= size)) {
    throw new EncodingError(object, 'index', `${index} is not from 0 to ${size - 1n}`);
  }
  return { index: BigInt(index) };
}

export function encodeCounterCell(schema: P4Schema, cell: CounterCell): CounterEntry {
  const { id, name, info } = schema.counters.get(cell.counter);
  return {
    counterId: id,
    index: encodeIndex(`counter ${name}`, cell.index, info.size),
    data: encodeCounter(cell),
  };
}

export function decodeCounterCell(schema: P4Schema, wire: CounterEntry): CounterCell {
  const { name } = schema.counters.getById(wire.counterId);
  if (wire.index === undefined || wire.data === undefined) {
    throw new P4InfoMismatchError(`counter ${name}: the target sent a cell without index or data`);
  }
  return { counter: name, index: Number(wire.index.index), ...decodeCounter(wire.data) };
}
