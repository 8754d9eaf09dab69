import {
  MeterSpec_Type as MeterType,
  type DirectMeter,
  type Meter,
  type MeterConfig as MeterConfigMessage,
  type MeterCounterData,
} from 'p4runtime-js';
import type { MeterConfig, MeterCounters } from '../../engine';
import { nameOf } from '../p4info';
import { RpcError } from '../rpc_error';

/**
 * A config that suits the meter's type (specification, "MeterEntry & DirectMeterEntry"). undefined, or BMv2's way to
 * say it, -1 everywhere: the default, all green.
 */
export function decodeMeterConfig(
  meter: Meter | DirectMeter,
  config: MeterConfigMessage | undefined,
): MeterConfig | undefined {
  if (config === undefined) return undefined;
  const { cir, cburst, pir, pburst, eburst } = config;
  if ([cir, cburst, pir, pburst].every((value) => value === -1n)) return undefined;
  const type = meter.spec?.type ?? MeterType.TWO_RATE_THREE_COLOR;
  if (type !== MeterType.SINGLE_RATE_THREE_COLOR && eburst !== 0n)
    throw invalid(meter, `eburst ${eburst} is set, but the meter is not single-rate three-colour`);
  if (type !== MeterType.TWO_RATE_THREE_COLOR && (pir !== cir || pburst !== cburst))
    throw invalid(meter, `pir and pburst are not equal to cir and cburst, but the meter has a single rate`);
  return { cir, cburst, pir, pburst, eburst };
}

export function encodeMeterConfig(config: MeterConfig | undefined): MeterConfigMessage | undefined {
  return config && { ...config };
}

/** Whether the counters are to be cleared: they can be set to nothing but zero. */
export function clearsCounters(meter: Meter | DirectMeter, data: MeterCounterData | undefined): boolean {
  if (data === undefined) return false;
  for (const colour of ['green', 'yellow', 'red'] as const) {
    const given = data[colour];
    if (given !== undefined && (given.packetCount !== 0n || given.byteCount !== 0n))
      throw invalid(meter, `counter_data.${colour} is not zero: it can only be cleared`);
  }
  return true;
}

export function encodeMeterCounters(counters: MeterCounters): MeterCounterData {
  const of = ({ packets, bytes }: MeterCounters['green']) => ({ packetCount: packets, byteCount: bytes });
  return { green: of(counters.green), yellow: of(counters.yellow), red: of(counters.red) };
}

function invalid(meter: Meter | DirectMeter, problem: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `meter ${nameOf(meter)}: ${problem}`);
}
