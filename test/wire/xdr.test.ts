import fc from 'fast-check';
import { XdrReader, XdrWriter } from '../../src/wire/xdr';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('RFC 4506 section 7: the file example', () => {
  // filename "sillyprog", type EXEC (2) with interpretor "lisp", owner "john", data "(quit)".
  const file = new XdrWriter()
    .string('sillyprog')
    .uint32(2)
    .string('lisp')
    .string('john')
    .opaque(Buffer.from('(quit)'))
    .finish();
  expect(hex(file)).toBe(
    '00000009' +
      '73696c6c' +
      '7970726f' +
      '67000000' +
      '00000002' +
      '00000004' +
      '6c697370' +
      '00000004' +
      '6a6f686e' +
      '00000006' +
      '28717569' +
      '74290000',
  );
});

test('all kinds of values come back', () => {
  const values = fc.record({
    uint32: fc.integer({ min: 0, max: 0xffffffff }),
    uint64: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    bool: fc.boolean(),
    opaque: fc.uint8Array({ maxLength: 40 }),
    fixed: fc.uint8Array({ minLength: 5, maxLength: 5 }),
    string: fc.string({ unit: 'grapheme', maxLength: 20 }),
    array: fc.array(fc.nat(), { maxLength: 9 }),
    list: fc.array(fc.string(), { maxLength: 9 }),
    rest: fc.uint8Array({ maxLength: 9 }),
  });
  fc.assert(
    fc.property(values, (value) => {
      const writer = new XdrWriter().uint32(value.uint32).uint64(value.uint64).bool(value.bool);
      writer.opaque(value.opaque).fixedOpaque(value.fixed).string(value.string);
      writer.array(value.array, (element) => writer.uint32(element));
      writer.list(value.list, (element) => writer.string(element)).raw(value.rest);
      const reader = new XdrReader(writer.finish());
      expect({
        uint32: reader.uint32(),
        uint64: reader.uint64(),
        bool: reader.bool(),
        opaque: reader.opaque(40),
        fixed: reader.fixedOpaque(5),
        string: reader.string(1000),
        array: reader.array(9, () => reader.uint32()),
        list: reader.list(9, () => reader.string(1000)),
        rest: reader.rest(),
      }).toEqual(value);
      expect(reader.ok).toBe(true);
    }),
  );
});

describe('a reader that failed', () => {
  const words = (...values: number[]): XdrReader => {
    const writer = new XdrWriter();
    values.forEach((value) => writer.uint32(value));
    return new XdrReader(writer.finish());
  };

  test.each<[string, XdrReader, (reader: XdrReader) => unknown]>([
    ['past the end', words(), (reader) => reader.uint32()],
    ['half a hyper', words(1), (reader) => reader.uint64()],
    ['no boolean', words(2), (reader) => reader.bool()],
    ['opaque over its limit', words(5, 0, 0), (reader) => reader.opaque(4)],
    ['opaque past the end', words(5, 0), (reader) => reader.opaque(100)],
    [
      'opaque without its padding',
      new XdrReader(Buffer.from('000000010a', 'hex')),
      (reader) => reader.opaque(4),
    ],
    ['array over its limit', words(3, 1, 2, 3), (reader) => reader.array(2, () => reader.uint32())],
    ['array past the end', words(0xffffffff, 1), (reader) => reader.array(2 ** 32, () => reader.uint32())],
    ['list over its limit', words(1, 7, 1, 7, 0), (reader) => reader.list(1, () => reader.uint32())],
    ['list without end', words(1, 7), (reader) => reader.list(9, () => reader.uint32())],
  ])('%s', (_name, reader, read) => {
    const value = read(reader);
    expect(reader.ok).toBe(false);
    expect([0, 0n, false, 0]).toContain(
      typeof value === 'object' ? (value as ArrayLike<unknown>).length : value,
    );
    // It stays failed, also for what would have fitted.
    expect([reader.uint32(), reader.rest().length, reader.ok]).toEqual([0, 0, false]);
  });
});

test('a writer refuses what does not fit', () => {
  expect(() => new XdrWriter().uint32(-1)).toThrow(
    'XDR unsigned int: found -1, expected an unsigned integer of 32 bits',
  );
  expect(() => new XdrWriter().uint64(1n << 64n)).toThrow(RangeError);
});
