import fc from 'fast-check';
import { decodeValue, encodeValue, onesOf, valueProblem, decodeSigned } from '../../src/p4runtime/bytes';
import { uint } from './arbitrary';

test('values of the specification', () => {
  expect(encodeValue(0n)).toEqual(Buffer.of(0));
  expect(encodeValue(99n)).toEqual(Buffer.of(0x63));
  expect(encodeValue(12_388n)).toEqual(Buffer.of(0x30, 0x64));
  expect(decodeSigned(0xfffn, 12)).toBe(-1n);
  expect(onesOf(9)).toBe(511n);
});

test('any value comes back, in its shortest form', () => {
  fc.assert(
    fc.property(uint(256), (value) => {
      const bytes = encodeValue(value);
      expect(decodeValue(bytes)).toBe(value);
      expect(bytes.length === 1 || bytes[0] !== 0).toBe(true);
    }),
  );
});

test('padding means nothing, no bytes mean no value', () => {
  fc.assert(
    fc.property(uint(128), fc.nat({ max: 20 }), (value, padding) => {
      expect(decodeValue(Buffer.concat([Buffer.alloc(padding), encodeValue(value)]))).toBe(value);
    }),
  );
  expect(decodeValue(Buffer.alloc(0))).toBeUndefined();
});

test('what does not fit is told in bits', () => {
  expect(valueProblem(511n, 9)).toBeUndefined();
  expect(valueProblem(512n, 9)).toBe('512 (0x200) does not fit in 9 bits');
  expect(valueProblem(-1n, 9)).toBe('-1 is negative');
});
