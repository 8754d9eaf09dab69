import fc from 'fast-check';
import { encodeRecord, RecordSplitter, writeRecordMark, type RecordLimits } from '../../src/wire/record_mark';

const LIMITS: RecordLimits = { record_octets_max: 4096, fragments_max: 64 };

const mark = (length: number, is_last: boolean): Uint8Array => {
  const bytes = new Uint8Array(4);
  writeRecordMark(bytes, 0, length, is_last);
  return bytes;
};

/** `stream` in chunks whose lengths repeat `sizes`. */
function chunks(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    cut.push(stream.subarray(at, at + size));
    at += size;
  }
  return cut;
}

const sizes = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 8 });

test('records come out as they went in, whatever the fragments and the chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 5, max: 400 })), {
        maxLength: 20,
      }),
      sizes,
      (records, cuts) => {
        const stream = Buffer.concat(records.map(([record, fragment]) => encodeRecord(record, fragment)));
        const splitter = new RecordSplitter(LIMITS);
        const found: Uint8Array[] = [];
        for (const chunk of chunks(stream, cuts)) {
          expect(splitter.push(chunk, (record) => found.push(Uint8Array.from(record)))).toBeUndefined();
          expect(splitter.held_octets).toBeLessThanOrEqual(LIMITS.record_octets_max);
        }
        expect(splitter.within_record).toBe(false);
        expect(splitter.held_octets).toBe(0);
        expect(found).toEqual(records.map(([record]) => Uint8Array.from(record)));
      },
    ),
  );
});

test('a record is not touched after it was handed over', () => {
  const first = Uint8Array.from({ length: 100 }, (_, i) => i);
  const second = new Uint8Array(100).fill(0xee);
  const stream = Buffer.concat([encodeRecord(first, 30), encodeRecord(second, 30)]);
  const kept: Uint8Array[] = [];
  const splitter = new RecordSplitter(LIMITS);
  for (const chunk of chunks(stream, [7])) splitter.push(chunk, (record) => kept.push(record));
  expect(kept.map((record) => [...record])).toEqual([[...first], [...second]]);
});

test('what is not read yet can be kept apart from the chunk it came in', () => {
  const records = [1, 2, 3].map((octet) => new Uint8Array(20).fill(octet));
  const chunk = Uint8Array.from(Buffer.concat(records.map((record) => encodeRecord(record))));
  const splitter = new RecordSplitter(LIMITS);
  splitter.offer(chunk);
  expect([...(splitter.next() ?? [])]).toEqual([...(records[0] ?? [])]);
  splitter.keepApart();
  chunk.fill(0xee);
  expect(splitter.offered_octets).toBe(48);
  expect([...(splitter.next() ?? [])]).toEqual([...(records[1] ?? [])]);
  expect([...(splitter.next() ?? [])]).toEqual([...(records[2] ?? [])]);
  expect(splitter.next()).toBeUndefined();
});

test('any bytes: no throw, bounded memory, an error ends it for good', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 50 }), (stream) => {
      const splitter = new RecordSplitter(LIMITS);
      let failed = false;
      for (const chunk of stream) {
        let taken = 0;
        const failure = splitter.push(chunk, (record) => {
          taken++;
          expect(record.length).toBeLessThanOrEqual(LIMITS.record_octets_max);
        });
        if (failed) expect(taken).toBe(0);
        failed ||= failure !== undefined;
        expect(splitter.failure !== undefined).toBe(failed);
        expect(splitter.held_octets).toBeLessThanOrEqual(LIMITS.record_octets_max);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a fragment of 2 GiB', [mark(0x7fffffff, true)], 'record_too_long'],
  [
    'fragments that together are too long',
    [mark(4000, false), new Uint8Array(4000), mark(97, true)],
    'record_too_long',
  ],
  ['empty fragments without end', Array.from({ length: 65 }, () => mark(0, false)), 'too_many_fragments'],
])('%s', (_, pieces, failure) => {
  const take = jest.fn();
  const splitter = new RecordSplitter(LIMITS);
  expect(splitter.push(Buffer.concat(pieces), take)).toBe(failure);
  expect(splitter.push(encodeRecord(new Uint8Array(8)), take)).toBe(failure);
  expect(splitter.held_octets).toBe(0);
  expect(take).not.toHaveBeenCalled();
});

test('records before the error are handed over; the longest record is taken', () => {
  const longest = new Uint8Array(LIMITS.record_octets_max);
  const stream = Buffer.concat([encodeRecord(longest), encodeRecord(new Uint8Array(4097))]);
  const lengths: number[] = [];
  expect(new RecordSplitter(LIMITS).push(stream, (record) => lengths.push(record.length))).toBe(
    'record_too_long',
  );
  expect(lengths).toEqual([4096]);
});

test('an announced length alone costs no memory', () => {
  const splitter = new RecordSplitter({ ...LIMITS, record_octets_max: 1_000_000 });
  splitter.push(mark(1_000_000, true), () => undefined);
  expect(splitter.held_octets).toBe(0);
  splitter.push(new Uint8Array(10), () => undefined);
  expect(splitter.held_octets).toBeLessThanOrEqual(1024);
  expect(splitter.within_record).toBe(true);
});

test('an empty record is a record; empty fragments within one are nothing', () => {
  const found: number[][] = [];
  const splitter = new RecordSplitter(LIMITS);
  const stream = Buffer.concat([
    mark(0, true),
    ...[mark(0, false), mark(2, false), Uint8Array.of(1, 2), mark(0, true)],
    ...[mark(0, false), mark(0, true)],
  ]);
  for (const chunk of chunks(stream, [1])) splitter.push(chunk, (record) => found.push([...record]));
  expect(found).toEqual([[], [1, 2], []]);
});

test('half a header counts as within a record', () => {
  const splitter = new RecordSplitter(LIMITS);
  expect(splitter.within_record).toBe(false);
  splitter.push(Uint8Array.of(0x80), () => undefined);
  expect(splitter.within_record).toBe(true);
});

test('impossible lengths are the caller’s mistake', () => {
  expect(() => mark(2 ** 31, true)).toThrow(/fragment length: found 2147483648/);
  expect(() => encodeRecord(new Uint8Array(1), 0)).toThrow(/fragment_octets_max: found 0/);
});

test('who does not want more yet leaves the rest of the chunk where it is', () => {
  const splitter = new RecordSplitter(LIMITS);
  const stream = Buffer.concat([1, 2, 3].map((octet) => encodeRecord(Uint8Array.of(octet))));
  splitter.offer(stream.subarray(0, 12));
  expect([...(splitter.next() ?? [])]).toEqual([1]);
  expect(splitter.offered_octets).toBe(7);
  expect(() => splitter.offer(stream.subarray(12))).toThrow(/7 octets of another one/);
  expect([...(splitter.next() ?? [])]).toEqual([2]);
  expect(splitter.next()).toBeUndefined();
  splitter.offer(stream.subarray(12));
  expect([...(splitter.next() ?? [])]).toEqual([3]);
});
