import fc from 'fast-check';
import { FrameCopier } from '../../src/afpacket/frame_copier';

test('copies any range of any buffer, and nothing beside it', () => {
  const target = new Uint8Array(1000);
  const copier = new FrameCopier(target);
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 0, maxLength: 600 }),
      fc.nat(600),
      fc.nat(600),
      fc.nat(400),
      (source, a, b, offset) => {
        const start = Math.min(a, b, source.length);
        const end = Math.min(Math.max(a, b), source.length);
        const expected = new Uint8Array(1000).fill(0xee);
        expected.set(source.subarray(start, end), offset);
        target.fill(0xee);
        copier.copy(source, start, end, offset);
        expect(target).toEqual(expected);
      },
    ),
  );
});
