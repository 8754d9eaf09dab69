import fc from 'fast-check';
import { limitCall, limitFsinfo, type SizeLimits } from '../../src/gateway/nfs3_sizes';
import { encodeHandleArgs, encodeRangeArgs, encodeWriteArgs, NFS3_PROCEDURE } from '../../src/wire/nfs3';
import { XdrReader, XdrWriter } from '../../src/wire/xdr';

const LIMITS: SizeLimits = { read_octets_max: 4096, write_octets_max: 2048 };
const HEADER = 40;

/** The arguments after a header, limited: what is sent on, without the header. */
function limited(procedure: number, args: Uint8Array): Uint8Array {
  const message = Buffer.concat([Buffer.alloc(HEADER), args]);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const length = limitCall(view, procedure, 0, HEADER, message.length, LIMITS);
  return message.subarray(HEADER, length);
}

const handle = fc.uint8Array({ minLength: 0, maxLength: 64 });
const count = fc.oneof(fc.nat(10_000), fc.constant(0xffffffff));
const offset = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

test('a READ asks for no more than the limit', () => {
  fc.assert(
    fc.property(handle, offset, count, (file, at, octets) => {
      expect(
        Buffer.compare(
          limited(NFS3_PROCEDURE.READ, encodeRangeArgs(file, at, octets)),
          encodeRangeArgs(file, at, Math.min(octets, LIMITS.read_octets_max)),
        ),
      ).toBe(0);
    }),
  );
});

test('a WRITE that is too long becomes one of its first octets; others stay', () => {
  fc.assert(
    fc.property(handle, offset, fc.uint8Array({ maxLength: 5000 }), (file, at, data) => {
      const kept = data.subarray(0, data.length > 2048 ? 2048 : data.length);
      expect(
        Buffer.compare(
          limited(NFS3_PROCEDURE.WRITE, encodeWriteArgs(file, at, 2, data)),
          encodeWriteArgs(file, at, 2, kept),
        ),
      ).toBe(0);
    }),
  );
});

test('READDIR and READDIRPLUS ask for no larger results', () => {
  const args = (directory: Uint8Array, ...sizes: number[]) => {
    const writer = new XdrWriter().opaque(directory).uint64(5n).uint64(6n);
    for (const size of sizes) writer.uint32(size);
    return writer.finish();
  };
  fc.assert(
    fc.property(handle, count, count, (directory, dircount, maxcount) => {
      const [small, large] = [dircount, maxcount].map((size) => Math.min(size, LIMITS.read_octets_max));
      expect([...limited(NFS3_PROCEDURE.READDIRPLUS, args(directory, dircount, maxcount))]).toEqual([
        ...args(directory, small ?? 0, large ?? 0),
      ]);
      expect([...limited(NFS3_PROCEDURE.READDIR, args(directory, dircount))]).toEqual([
        ...args(directory, small ?? 0),
      ]);
    }),
  );
});

test('whatever the arguments: no throw, nothing but sizes changes, nothing grows', () => {
  fc.assert(
    fc.property(fc.nat(25), fc.uint8Array({ maxLength: 120 }), (procedure, args) => {
      const sent = limited(procedure, args);
      expect(sent.length).toBeLessThanOrEqual(args.length);
      const is_sized = [6, 7, 16, 17].includes(procedure);
      if (!is_sized) expect([...sent]).toEqual([...args]);
    }),
    { numRuns: 500 },
  );
  expect([...limited(NFS3_PROCEDURE.PATHCONF, encodeHandleArgs(Uint8Array.of(1, 2)))]).toEqual([
    ...encodeHandleArgs(Uint8Array.of(1, 2)),
  ]);
});

/** FSINFO3resok with sizes of 1 MiB. */
function fsinfo(has_attributes: boolean): Uint8Array {
  const writer = new XdrWriter().uint32(0).bool(has_attributes);
  if (has_attributes) writer.raw(new Uint8Array(84).fill(7));
  const mebi = 1 << 20;
  for (const size of [mebi, mebi, 4096, mebi, mebi, 4096, mebi]) writer.uint32(size);
  return writer
    .uint64(1n << 62n)
    .uint32(0)
    .uint32(1)
    .uint32(0x1b)
    .finish();
}

test.each([true, false])('FSINFO tells the limits, and nothing else changes (attributes: %s)', (has) => {
  const results = fsinfo(has);
  const view = new DataView(results.buffer);
  expect(limitFsinfo(view, 0, results.length, LIMITS)).toBe(true);
  const reader = new XdrReader(results.subarray(has ? 92 : 8));
  const sizes = Array.from({ length: 7 }, () => reader.uint32());
  expect(sizes).toEqual([4096, 4096, 4096, 2048, 2048, 4096, 4096]);
  expect([...reader.rest()]).toEqual([...fsinfo(has).subarray(-20)]);
});

test('FSINFO with smaller sizes, or of an error, is left as it is; what is cut short is malformed', () => {
  const results = fsinfo(true);
  const view = new DataView(results.buffer);
  const roomy = { read_octets_max: 1 << 24, write_octets_max: 1 << 24 };
  expect(limitFsinfo(view, 0, results.length, roomy)).toBe(true);
  expect([...results]).toEqual([...fsinfo(true)]);
  const refusal = new XdrWriter().uint32(70).bool(false).finish();
  expect(limitFsinfo(new DataView(refusal.buffer), 0, 8, LIMITS)).toBe(true);
  for (const length of [0, 4, 7, 50, 92, 139]) expect(limitFsinfo(view, 0, length, LIMITS)).toBe(false);
});
