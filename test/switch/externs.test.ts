import { ProgramUnderTest } from './program';

/** The results in the order of the program's output header, in bytes. */
const FIELDS = [
  ['before', 8],
  ['crc16', 2],
  ['crc32', 4],
  ['csum16', 2],
  ['identity', 8],
  ['xor16', 2],
  ['based', 4],
  ['random', 2],
] as const;

type Output = Record<(typeof FIELDS)[number][0], bigint>;

function run(program: ProgramUnderTest, index: number, value: bigint, word = 0, odd = 0): Output | undefined {
  const hex =
    index.toString(16).padStart(2, '0') +
    value.toString(16).padStart(16, '0') +
    word.toString(16).padStart(8, '0') +
    `${odd.toString(16).padStart(5, '0')}0`;
  const [sent] = program.runHex(2, hex);
  if (sent === undefined) return undefined;
  let at = 2;
  const output = FIELDS.map(([name, bytes]) => {
    const text = sent.slice(at, (at += bytes * 2));
    return [name, BigInt(`0x${text}`)];
  });
  return Object.fromEntries(output) as Output;
}

test('registers keep their values between packets, and the control plane reads and writes them', () => {
  const program = new ProgramUnderTest('externs');
  const big = 0xfedcba9876543210n;
  expect(run(program, 3, big)?.before).toBe(0n);
  expect(run(program, 3, 7n)?.before).toBe(big);
  expect(run(program, 4, 7n)?.before).toBe(0n);
  expect(program.engine.readRegister('use.store', 3)).toBe(7n);
  program.engine.writeRegister('use.store', 5, big);
  expect(run(program, 5, 0n)?.before).toBe(big);
  expect(() => program.engine.writeRegister('use.store', 16, 0n)).toThrow('index 16 is not within 0..15');
  expect(() => program.engine.writeRegister('use.store', 1, 1n << 64n)).toThrow('does not fit in 64 bits');
});

test('beyond a register array nothing is written, and a read changes nothing', () => {
  const program = new ProgramUnderTest('externs');
  expect(run(program, 16, 99n)?.before).toBe(0n);
  expect(program.engine.readRegister('use.store', 15)).toBe(0n);
});

// The reference values are those of zlib's crc32 and of RFC 1071's sum, over the 15 bytes
// 31 32 33 34 35 36 37 38 39 30 31 32 99 88 70: 148 bits, the last half byte padded.
test('hashes are over the fields laid end to end, padded to a byte', () => {
  const program = new ProgramUnderTest('externs');
  const output = run(program, 0, 0x3132333435363738n, 0x39303132, 0x99887);
  const bytes = Buffer.from('3132333435363738393031329988 70'.replace(/ /g, ''), 'hex');
  let sum = 0;
  let xor = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    const word = ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
    sum += word;
    xor ^= word;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const crc = crcBitwise(bytes, 0xedb88320, 0xffffffff, 0xffffffff);
  expect(output).toMatchObject({
    crc16: BigInt(crcBitwise(bytes, 0xa001, 0, 0)),
    crc32: BigInt(crc),
    csum16: BigInt(~sum & 0xffff),
    identity: 0x3132333435363738n,
    xor16: BigInt(xor),
    based: BigInt(1000 + (crc % 7)),
  });
});

/** A reflected CRC bit by bit. */
function crcBitwise(bytes: Uint8Array, polynomial: number, initial: number, final: number): number {
  let crc = initial;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  }
  return (crc ^ final) >>> 0;
}

test('the CRCs have their published check values', () => {
  const check = Buffer.from('123456789');
  expect(crcBitwise(check, 0xedb88320, 0xffffffff, 0xffffffff)).toBe(0xcbf43926);
  expect(crcBitwise(check, 0xa001, 0, 0)).toBe(0xbb3d);
});

test('random numbers stay within their bounds and repeat with the seed', () => {
  const draw = (random_seed: number): (bigint | undefined)[] => {
    const program = new ProgramUnderTest('externs', { random_seed });
    return Array.from({ length: 300 }, () => run(program, 0, 0n)?.random);
  };
  const drawn = draw(1);
  expect(drawn.every((n) => n !== undefined && n >= 100n && n <= 200n)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(50);
  expect(draw(1)).toEqual(drawn);
  expect(draw(2)).not.toEqual(drawn);
});

test('a digest carries its struct', () => {
  const program = new ProgramUnderTest('externs');
  run(program, 1, 0x1122334455667788n);
  expect(program.digests).toEqual([{ name: 'seen_t', fields: [2n, 0x1122334455667788n] }]);
});

test('log_msg is heard, and a failed assert drops the packet and says where', () => {
  const program = new ProgramUnderTest('externs');
  run(program, 9, 5n);
  expect(program.logged).toEqual(['info: index 9 value 5']);
  expect(run(program, 0xff, 5n)).toBeUndefined();
  expect(program.logged[2]).toMatch(/^error: assert failed: .*hdr.input.index != 0xff.* at line \d+$/);
});
