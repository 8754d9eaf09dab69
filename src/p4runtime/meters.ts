/** Meter arrays by name <-> MeterEntry. */
import type { MeterConfig as WireMeterConfig, MeterEntry } from 'p4runtime-js';
import { encodeIndex } from './counters';
import { EncodingError, P4InfoMismatchError } from './errors';
import type { P4Schema } from './p4info';

/** Rates per second and bursts, in the meter's unit (bytes or packets), as RFC 2698 has them. */
export interface MeterConfig {
  cir: bigint;
  cburst: bigint;
  pir: bigint;
  pburst: bigint;
  /** Only single-rate three-colour meters (RFC 2697). */
  eburst?: bigint;
}

/** One cell of a meter array. Without config: every packet is green. */
export interface MeterCell {
  meter: string;
  index: number;
  config?: MeterConfig;
}

/** Throws EncodingError for a negative rate or burst. */
export function encodeMeterConfig(object: string, config: MeterConfig): WireMeterConfig {
  const { cir, cburst, pir, pburst, eburst = 0n } = config;
  for (const [field, value] of Object.entries({ cir, cburst, pir, pburst, eburst })) {
    if (value < 0n || value >= 1n << 63n)
      throw new EncodingError(object, field, `${value} is not from 0 to 2^63-1`);
  }
  return { cir, cburst, pir, pburst, eburst };
}

export function decodeMeterConfig(wire: WireMeterConfig): MeterConfig {
  const { cir, cburst, pir, pburst, eburst } = wire;
  return { cir, cburst, pir, pburst, ...(eburst !== 0n && { eburst }) };
}

export function encodeMeterCell(schema: P4Schema, cell: MeterCell): MeterEntry {
  const { id, name, info } = schema.meters.get(cell.meter);
  const object = `meter ${name}`;
  return {
    meterId: id,
    index: encodeIndex(object, cell.index, info.size),
    config: cell.config && encodeMeterConfig(object, cell.config),
    counterData: undefined,
  };
}

export function decodeMeterCell(schema: P4Schema, wire: MeterEntry): MeterCell {
  const { name } = schema.meters.getById(wire.meterId);
  if (wire.index === undefined)
    throw new P4InfoMismatchError(`meter ${name}: the target sent a cell without index`);
  return {
    meter: name,
    index: Number(wire.index.index),
    ...(wire.config && { config: decodeMeterConfig(wire.config) }),
  };
}
