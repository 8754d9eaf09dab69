import fc from 'fast-check';
import { DEFAULT_SOURCES_OPTIONS, Sources, type SourcesOptions } from '../../../src/gateway/front/sources';
import { numberToIpv4 } from '../../../src/wire/address';
import { FakeClock } from '../../controller/fake_clock';

function sources(options: Partial<SourcesOptions> = {}): { sources: Sources; clock: FakeClock } {
  const clock = new FakeClock();
  return { sources: new Sources({ ...DEFAULT_SOURCES_OPTIONS, ...options }, clock), clock };
}

const times = (count: number, one: () => boolean): boolean[] => Array.from({ length: count }, one);

describe('standing', () => {
  test('a source is trusted by its network, known by a call over TCP for a time, else a stranger', () => {
    const { sources: table, clock } = sources({
      trusted: [{ address: '10.0.0.0', length: 8 }],
      known_ms: 1000,
    });
    expect(table.standing('10.9.9.9')).toBe('trusted');
    expect(table.standing('192.0.2.1')).toBe('stranger');
    table.callOverTcp('192.0.2.1');
    clock.advance(1000);
    expect(table.standing('192.0.2.1')).toBe('known');
    clock.advance(1);
    expect(table.standing('192.0.2.1')).toBe('stranger');
  });

  test('the longest silent of known sources gives way', () => {
    const { sources: table } = sources({ known_max: 2 });
    for (const source of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.3']) table.callOverTcp(source);
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((one) => table.standing(one))).toEqual([
      'known',
      'stranger',
      'known',
    ]);
  });
});

test('only a stranger is held to the size of its call', () => {
  const { sources: table } = sources({ amplification_max: 2 });
  expect(table.mayAnswer('stranger', 40, 80)).toBe(true);
  expect(table.mayAnswer('stranger', 40, 84)).toBe(false);
  expect(table.mayAnswer('known', 40, 8000)).toBe(true);
  expect(table.mayAnswer('trusted', 40, 8000)).toBe(true);
});

describe('rates', () => {
  test('one network has one rate, which comes back with time', () => {
    const { sources: table, clock } = sources({ events_per_second_max: 3, rate_prefix_length: 24 });
    const of = (host: number) => table.withinRate(`192.0.2.${host}`, 'udp');
    expect([of(1), of(2), of(3), of(4)]).toEqual([true, true, true, false]);
    expect(table.withinRate('192.0.3.1', 'udp')).toBe(true);
    clock.advance(334);
    expect([of(5), of(6)]).toEqual([true, false]);
  });

  test('forged datagrams keep out no connection, and connections no other address', () => {
    const { sources: table } = sources({ events_per_second_max: 2, rate_prefix_length: 24 });
    expect(times(3, () => table.withinRate('192.0.2.1', 'udp'))).toEqual([true, true, false]);
    expect(times(3, () => table.withinRate('192.0.2.1', 'tcp'))).toEqual([true, true, false]);
    expect(table.withinRate('192.0.2.2', 'tcp')).toBe(true);
  });

  test('networks beyond the table share a rate, and push out nobody who is being held back', () => {
    const { sources: table, clock } = sources({ events_per_second_max: 2, rates_max: 1 });
    expect(times(3, () => table.withinRate('192.0.2.1', 'udp'))).toEqual([true, true, false]);
    expect([1, 2, 3].map((network) => table.withinRate(`10.0.${network}.1`, 'udp'))).toEqual([
      true,
      true,
      false,
    ]);
    expect(table.withinRate('192.0.2.1', 'udp')).toBe(false);
    clock.advance(1000);
    // Its rate is whole again: another may have its place.
    expect(times(3, () => table.withinRate('10.0.9.1', 'udp'))).toEqual([true, true, false]);
  });

  test('whoever asks, a second lets through what the rates that fit allow, and one shared', () => {
    const event = fc.record({
      source: fc.integer({ min: 0, max: 40 }),
      pause_ms: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 400 }), (events) => {
        const { sources: table, clock } = sources({ events_per_second_max: 5, rates_max: 3 });
        const let_through: { network: number; at_ms: number }[] = [];
        for (const { source, pause_ms } of events) {
          clock.advance(pause_ms);
          if (table.withinRate(numberToIpv4(0xc0000000 + source * 256), 'udp'))
            let_through.push({ network: source, at_ms: clock.now_ms() });
        }
        for (const { at_ms } of let_through) {
          const second = let_through.filter((one) => one.at_ms >= at_ms && one.at_ms < at_ms + 1000);
          // A rate of 5 lets 10 through at most. It takes a second without events to lose a place: one change of each.
          expect(second.length).toBeLessThanOrEqual(10 * (3 + 1) + 10 * 3);
          for (const network of new Set(second.map((one) => one.network)))
            expect(second.filter((one) => one.network === network).length).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});
