import fc from 'fast-check';
import type { MeterConfig, MeterCounters } from '../../src/switch';
import { MeterArray } from '../../src/switch/externs/meter';
import { ProgramUnderTest } from './program';

const [GREEN, YELLOW, RED] = [0, 1, 2];

function config(cir: number, cburst: number, pir: number, pburst: number, eburst = 0): MeterConfig {
  return {
    cir: BigInt(cir),
    cburst: BigInt(cburst),
    pir: BigInt(pir),
    pburst: BigInt(pburst),
    eburst: BigInt(eburst),
  };
}

function meter(unit: 'packets' | 'bytes'): {
  at: (now_us: number, bytes: number) => number;
  meters: MeterArray;
} {
  const clock = { now_us: 0 };
  const meters = new MeterArray('m', 4, unit, clock);
  const at = (now_us: number, bytes: number): number => {
    clock.now_us = now_us;
    return meters.execute(1, bytes);
  };
  return { at, meters };
}

const counted = ({ green, yellow, red }: MeterCounters): bigint[] => [
  green.packets,
  yellow.packets,
  red.packets,
];

test('a meter nobody configured says green', () => {
  const { at, meters } = meter('packets');
  expect([at(0, 1), at(0, 1)]).toEqual([GREEN, GREEN]);
  expect(meters.read(1)).toMatchObject({ config: undefined });
  expect(counted(meters.read(1).counters)).toEqual([2n, 0n, 0n]);
});

test('bursts pass first, then what the rates let through', () => {
  const { at, meters } = meter('packets');
  meters.write(1, config(1, 1, 2, 3));
  expect([0, 0, 0, 0].map((now) => at(now, 99))).toEqual([GREEN, YELLOW, YELLOW, RED]);
  // A token of the peak rate is due each half second, one of the committed rate each second.
  expect(at(499_999, 99)).toBe(RED);
  expect(at(500_000, 99)).toBe(YELLOW);
  expect(at(1_000_000, 99)).toBe(GREEN);
  expect(at(9_000_000, 99)).toBe(GREEN);
  expect(meters.read(1).counters.red).toEqual({ packets: 2n, bytes: 198n });
});

test('a meter of bytes charges the frame', () => {
  const { at, meters } = meter('bytes');
  meters.write(1, config(0, 100, 0, 160));
  expect([at(0, 60), at(0, 60), at(0, 60), at(0, 40)]).toEqual([GREEN, YELLOW, RED, GREEN]);
});

test('a single rate with an excess burst marks by RFC 2697', () => {
  const { at, meters } = meter('bytes');
  meters.write(1, config(100, 100, 100, 100, 50));
  expect([at(0, 100), at(0, 50), at(0, 1)]).toEqual([GREEN, YELLOW, RED]);
  // 1.2 s later: the first 100 of the 120 tokens are the committed bucket's, the rest the other's.
  expect([at(1_200_000, 100), at(1_200_000, 20), at(1_200_000, 1)]).toEqual([GREEN, YELLOW, RED]);
});

/** RFC 2698, colour-blind, with tokens as exact fractions of a millionth. */
function reference({ cir, cburst, pir, pburst }: MeterConfig, frames: [bigint, bigint][]): number[] {
  const US = 1_000_000n;
  const due = (rate: bigint, now_us: bigint): bigint => (rate * now_us) / US;
  let [committed, peak, committed_due, peak_due] = [cburst, pburst, 0n, 0n];
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  let now_us = 0n;
  return frames.map(([wait_us, bytes]) => {
    now_us += wait_us;
    peak = least(pburst, peak + due(pir, now_us) - peak_due);
    peak_due = due(pir, now_us);
    if (peak < bytes) return RED;
    peak -= bytes;
    committed = least(cburst, committed + due(cir, now_us) - committed_due);
    committed_due = due(cir, now_us);
    if (committed < bytes) return YELLOW;
    committed -= bytes;
    return GREEN;
  });
}

test('any two-rate meter marks any frames as RFC 2698 does', () => {
  // Rates that a double holds exactly when divided by a million: 1, 2, ... tokens each microsecond and halves.
  const rate = fc.nat(40).map((n) => BigInt(n) * 500_000n);
  const burst = fc.nat(4000).map(BigInt);
  const frames = fc.array(fc.tuple(fc.nat(100).map(BigInt), fc.nat(1500).map(BigInt)), { maxLength: 60 });
  fc.assert(
    fc.property(rate, rate, burst, burst, frames, (a, b, cburst, pburst, given) => {
      const set: MeterConfig = { cir: a < b ? a : b, cburst, pir: a < b ? b : a, pburst, eburst: 0n };
      const { at, meters } = meter('bytes');
      meters.write(1, set);
      let now_us = 0;
      const colours = given.map(([wait_us, bytes]) => at((now_us += Number(wait_us)), Number(bytes)));
      expect(colours).toEqual(reference(set, given));
    }),
    { numRuns: 300 },
  );
});

test('what cannot be is refused and changes nothing', () => {
  const { meters } = meter('packets');
  meters.write(1, config(1, 2, 3, 4));
  expect(() => meters.write(1, config(2, 1, 1, 1))).toThrow('the peak rate 1 is below the committed rate 2');
  expect(() => meters.write(1, config(-1, 1, 1, 1))).toThrow('meter "m": cir -1 is negative');
  expect(() => meters.write(4, undefined)).toThrow('index 4 is not within 0..3');
  expect(meters.read(1).config).toEqual(config(1, 2, 3, 4));
});

/** The colours the program wrote: indirect by packets, by bytes, the exact table's, the ternary table's. */
function colours(program: ProgramUnderTest, index: number, key: number): string | undefined {
  const byte = (n: number): string => n.toString(16).padStart(2, '0');
  return program.runHex(1, `${byte(index)}${byte(key)}00000000`)[0]?.slice(6);
}

test('execute_meter writes the colour; beyond the array nothing is written', () => {
  const program = new ProgramUnderTest('meters');
  program.engine.writeMeter('run.by_packets', 2, config(0, 1, 0, 2));
  program.engine.writeMeter('run.by_bytes', 2, config(0, 6, 0, 6));
  expect(colours(program, 2, 0)).toBe('000003ff');
  expect(colours(program, 2, 0)).toBe('010203ff');
  expect(colours(program, 2, 0)).toBe('020203ff');
  expect(colours(program, 8, 0)).toBe('000003ff');
  expect(program.engine.readMeter('run.by_bytes', 2).counters.red).toEqual({ packets: 2n, bytes: 12n });
  program.engine.clearMeterCounters('run.by_bytes', 2);
  expect(counted(program.engine.readMeter('run.by_bytes', 2).counters)).toEqual([0n, 0n, 0n]);
});

test('a direct meter is its entry’s, and starts anew with it', () => {
  const program = new ProgramUnderTest('meters');
  const { engine } = program;
  const key = { match: [{ kind: 'exact', value: 5n } as const], priority: 0 };
  const entry = { ...key, action: { name: 'run.mark', args: [5n] }, idle_timeout_ns: 0n };
  engine.insertEntry('run.metered', { ...entry, meter: config(0, 6, 0, 12) });
  expect([0, 0, 0].map(() => colours(program, 0, 5))).toEqual(['000000ff', '000001ff', '000002ff']);
  expect([...engine.entries('run.metered')][0]).toMatchObject({ meter: config(0, 6, 0, 12) });
  engine.modifyEntry('run.metered', entry);
  expect(colours(program, 0, 5)).toBe('000000ff');
  engine.writeDirectMeter('run.metered', key, config(0, 0, 0, 0));
  expect(colours(program, 0, 5)).toBe('000002ff');
  engine.deleteEntry('run.metered', key);
  engine.insertEntry('run.metered', entry);
  const [fresh] = [...engine.entries('run.metered')];
  expect(fresh?.meter).toBeUndefined();
  expect(counted(fresh?.meter_counters as MeterCounters)).toEqual([0n, 0n, 0n]);
  expect(() =>
    engine.writeDirectMeter('run.metered', { ...key, match: [{ kind: 'exact', value: 6n }] }, undefined),
  ).toThrow('there is no entry');
});

test('an entry that cannot have its meter is not inserted', () => {
  const { engine } = new ProgramUnderTest('meters');
  const entry = {
    match: [{ kind: 'exact', value: 5n } as const],
    priority: 0,
    action: { name: 'run.mark', args: [5n] },
    idle_timeout_ns: 0n,
  };
  expect(() => engine.insertEntry('run.metered', { ...entry, meter: config(2, 1, 1, 1) })).toThrow(
    'peak rate',
  );
  expect([...engine.entries('run.metered')]).toEqual([]);
});
