import fc from 'fast-check';
import { SwitchTime } from '../../../src/controller/records/switch_time';

const OFFSET_US = 1.7e15;

test('no frame was at the switch after it came here, and the fastest tells when the others were', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(10_000_000), fc.nat(500_000)), { minLength: 2, maxLength: 40 }),
      (frames) => {
        let now_us = 0;
        const time = new SwitchTime(() => now_us);
        let switch_us = 1000;
        let fastest_us = Infinity;
        for (const [pause_us, late_us] of frames) {
          switch_us += Math.floor(pause_us / frames.length) + 500_000;
          now_us = switch_us + OFFSET_US + late_us;
          fastest_us = Math.min(fastest_us, late_us);
          const found = time.heard(switch_us);
          expect(found).toBeLessThanOrEqual(now_us);
          // Less than two windows in all, so that none is forgotten.
          if (switch_us < 60_000_000) expect(found - switch_us - OFFSET_US).toBe(fastest_us);
        }
      },
    ),
  );
});

test('clocks that drift are followed', () => {
  let now_us = OFFSET_US;
  const time = new SwitchTime(() => now_us);
  time.heard(0);
  // The switch's clock loses a second in ten minutes.
  for (let second = 1; second <= 600; second++) {
    now_us = OFFSET_US + second * 1e6;
    time.heard(second * 1e6 - (second * 1e6) / 600);
  }
  const found = time.heard(600e6 - 1e6);
  expect(now_us - found).toBeLessThan(250_000);
});

test('another switch has another clock', () => {
  const time = new SwitchTime(() => OFFSET_US);
  time.heard(5_000_000);
  time.forget();
  expect(time.heard(100)).toBe(OFFSET_US);
});
