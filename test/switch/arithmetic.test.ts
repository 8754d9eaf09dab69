import fc from 'fast-check';
import { ProgramUnderTest } from './program';

interface Type {
  width: number;
  signed: boolean;
}

/** In the order the packet carries them. */
const TYPES: Type[] = [
  ...[8, 32, 48, 64, 128].map((width) => ({ width, signed: false })),
  ...[16, 32, 64].map((width) => ({ width, signed: true })),
];

const program = new ProgramUnderTest('arithmetic');

/** P4's arithmetic, by unbounded integers. */
function expected({ width, signed }: Type, a: bigint, b: bigint, shift: bigint): bigint[] {
  const wrap = (v: bigint): bigint => (signed ? BigInt.asIntN(width, v) : BigInt.asUintN(width, v));
  const [min, max] = signed
    ? [-(1n << BigInt(width - 1)), (1n << BigInt(width - 1)) - 1n]
    : [0n, (1n << BigInt(width)) - 1n];
  const saturate = (v: bigint): bigint => (v < min ? min : v > max ? max : v);
  const flags = [a === b, a < b, a <= b, a > b, a >= b, a !== b].reduce(
    (n, on, i) => (on ? n | (1 << i) : n),
    0,
  );
  return [
    wrap(a + b),
    wrap(a - b),
    wrap(a * b),
    a & b,
    a | b,
    a ^ b,
    wrap(~a),
    wrap(-a),
    wrap(a << shift),
    a >> shift,
    saturate(a + b),
    saturate(a - b),
    BigInt(flags),
  ];
}

function hex(value: bigint, width: number): string {
  return BigInt.asUintN(width, value)
    .toString(16)
    .padStart(width / 4, '0');
}

/** Values where carries, signs and limbs meet, among any others. */
function operand({ width, signed }: Type): fc.Arbitrary<bigint> {
  const edges = [0n, 1n, 2n, 31n, 32n, 52n, 53n, 63n, 64n]
    .flatMap((bit) => [1n << bit, (1n << bit) - 1n, -(1n << bit)])
    .map((v) => BigInt.asUintN(width, v));
  return fc
    .oneof(fc.bigInt(0n, (1n << BigInt(width)) - 1n), fc.constantFrom(...edges))
    .map((v) => (signed ? BigInt.asIntN(width, v) : v));
}

const operands = fc.tuple(
  ...TYPES.map((type) =>
    fc.tuple(operand(type), operand(type), fc.oneof(fc.nat(255), fc.nat(type.width)).map(BigInt)),
  ),
);

test('every operation at every width agrees with unbounded integers', () => {
  fc.assert(
    fc.property(operands, (rows) => {
      const input = rows
        .map(([a, b, shift], i) => {
          const { width } = TYPES[i] as Type;
          return hex(a, width) + hex(b, width) + hex(shift, 8);
        })
        .join('');
      const output = rows
        .map(([a, b, shift], i) => {
          const type = TYPES[i] as Type;
          const results = expected(type, a, b, shift);
          return results.map((r, j) => hex(r, j === results.length - 1 ? 8 : type.width)).join('');
        })
        .join('');
      expect(program.runHex(3, input)).toEqual([`3:${output}`]);
    }),
    { numRuns: 500 },
  );
});
