import {
  crc16,
  crc32,
  crcCCITT,
  csum16,
  identity,
  xor16,
  xor32,
  xxh64,
} from '../../../src/switch/externs/hash';

const CHECK = Buffer.from('123456789');

test('CRCs have their published check values', () => {
  expect(crc16(CHECK, 9)).toBe(0xbb3d);
  expect(crc32(CHECK, 9)).toBe(0xcbf43926);
  expect(crcCCITT(CHECK, 9)).toBe(0x29b1);
});

test.each([
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['abc', 0x44bc2cf5ad770999n],
  ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
])('XXH64 of "%s"', (text, digest) => {
  expect(xxh64(Buffer.from(text), text.length)).toBe(digest);
});

// RFC 1071, section 3: 0001 f203 f4f5 f6f7 sum to ddf2.
test('the Internet checksum, of an odd length too', () => {
  const bytes = Buffer.from('0001f203f4f5f6f7', 'hex');
  expect(csum16(bytes, 8)).toBe(0x220d);
  expect(csum16(Buffer.from('0001f2', 'hex'), 3)).toBe(~(0x0001 + 0xf200) & 0xffff);
  expect(csum16(Buffer.alloc(65535, 0xff), 65534)).toBe(0);
  expect(csum16(bytes, 0)).toBe(0xffff);
});

test('a word XORed at a time, the last one padded with zeros', () => {
  const bytes = Buffer.from('0102030405', 'hex');
  expect(xor16(bytes, 5)).toBe(0x0102 ^ 0x0304 ^ 0x0500);
  expect(xor32(bytes, 5)).toBe(0x01020304 ^ 0x05000000);
});

test('identity is the first eight bytes', () => {
  expect(identity(CHECK, 9)).toBe(0x3132333435363738n);
  expect(identity(CHECK, 3)).toBe(0x313233);
});
