/**
 * Values in generated code, and the arithmetic on them.
 *
 * BMv2 computes with unbounded integers and cuts them when they are stored. Here each expression carries the
 * interval it can lie in, found at compile time: what fits in 53 bits is a JavaScript number, the rest a BigInt.
 * p4c masks the result of nearly every operation, so most masks ask only for the low 32 bits, and those can be had
 * from 32-bit operations however wide the unmasked result would be: that is `low`.
 */
import type { ArithmeticOp, CastOp, CompareOp } from '../program/model';

export interface Value {
  /** A pure JavaScript expression: a number where `exact`, else a bigint. */
  code: string;
  min: bigint;
  max: bigint;
  exact: boolean;
  /** The value modulo 2^32, as any number congruent to it in [-2^31, 2^32). */
  low: () => string;
  /** Its 32-bit limbs, most significant first, where it is simply stored somewhere. */
  limbs?: string[];
  constant?: bigint;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const U32 = (1n << 32n) - 1n;
const I32_MIN = -(1n << 31n);
const I32_MAX = (1n << 31n) - 1n;

function isSafe(min: bigint, max: bigint): boolean {
  return min >= -SAFE && max <= SAFE;
}

function isUint32(v: Value): boolean {
  return v.exact && v.min >= 0n && v.max <= U32;
}

function isInt32(v: Value): boolean {
  return v.exact && v.min >= I32_MIN && v.max <= I32_MAX;
}

function bitLength(value: bigint): number {
  return value <= 0n ? 0 : value.toString(2).length;
}

/** All ones in as many bits as the value takes. */
function ones(value: bigint): bigint {
  return (1n << BigInt(bitLength(value))) - 1n;
}

/** As a BigInt expression. */
export function big(v: Value): string {
  if (v.constant !== undefined) return v.constant < 0n ? `(${v.constant}n)` : `${v.constant}n`;
  return v.exact ? `BigInt(${v.code})` : v.code;
}

/** As a JavaScript number; rounded where it is beyond 53 bits. */
export function number(v: Value): string {
  return v.exact ? v.code : `Number(${v.code})`;
}

/**
 * As the index of an array: the low 32 bits, as in BMv2. A negative one, at which BMv2 ends, stays below 0 and so outside
 * of the array.
 */
export function arrayIndex(v: Value): string {
  if (v.exact && v.max <= U32) return v.code;
  const index = `((${v.low()}) >>> 0)`;
  return v.min >= 0n ? index : `(${v.code} < 0 ? -1 : ${index})`;
}

function value(code: string, min: bigint, max: bigint, low?: () => string): Value {
  const exact = isSafe(min, max);
  return {
    code,
    min,
    max,
    exact,
    low:
      low ??
      (exact ? () => (min >= I32_MIN && max <= U32 ? code : `(${code} | 0)`) : () => `rt.lowLimb(${code})`),
  };
}

/** A bigint expression, turned to a number where its interval allows. */
function fromBig(code: string, min: bigint, max: bigint, low?: () => string): Value {
  return value(isSafe(min, max) ? `Number(${code})` : code, min, max, low);
}

export function constant(n: bigint): Value {
  const exact = isSafe(n, n);
  const low = Number(BigInt.asUintN(32, n));
  return {
    code: exact ? (n < 0n ? `(${n})` : `${n}`) : n < 0n ? `(${n}n)` : `${n}n`,
    min: n,
    max: n,
    exact,
    low: () => `${low}`,
    constant: n,
  };
}

/** What is stored in limbs; `array[index]` is the most significant. */
export function stored(array: string, index: number | string, width: number, signed: boolean): Value {
  const at = (i: number): string => `${array}[${plus(index, i)}]`;
  const count = Math.max(1, Math.ceil(width / 32));
  const limbs = Array.from({ length: count }, (_, i) => at(i));
  const last = limbs[count - 1] as string;
  if (signed) {
    const [min, max] = [-(1n << BigInt(width - 1)), (1n << BigInt(width - 1)) - 1n];
    if (width <= 32) {
      const code = width === 32 ? `(${last} | 0)` : `(${last} << ${32 - width} >> ${32 - width})`;
      return value(code, min, max);
    }
    const code = `rt.readSignedLimbs(${array}, ${index}, ${count}, ${width})`;
    return { ...fromBig(code, min, max), low: () => last };
  }
  const max = (1n << BigInt(width)) - 1n;
  if (width <= 32) return { ...value(last, 0n, max), limbs };
  if (width <= 53)
    return { ...value(`(${limbs[0]} * 4294967296 + ${last})`, 0n, max), limbs, low: () => last };
  const code = `rt.readLimbs(${array}, ${index}, ${count})`;
  return { ...value(code, 0n, max), limbs, low: () => last };
}

/** index + offset, folded where both are known. */
export function plus(index: number | string, offset: number): number | string {
  if (typeof index === 'number') return index + offset;
  return offset === 0 ? index : `${index} + ${offset}`;
}

export function arithmetic(op: ArithmeticOp, a: Value, b: Value): Value {
  switch (op) {
    case '+':
    case '-':
      return sum(op, a, b);
    case '*':
      return product(a, b);
    case '/':
    case '%':
      return quotient(op, a, b);
    case '&':
      return conjunction(a, b);
    case '|':
    case '^':
      return disjunction(op, a, b);
    case '<<':
      return leftShift(a, b);
    case '>>':
      return rightShift(a, b);
  }
}

function sum(op: '+' | '-', a: Value, b: Value): Value {
  if (b.constant === 0n) return a;
  const [min, max] = op === '+' ? [a.min + b.min, a.max + b.max] : [a.min - b.max, a.max - b.min];
  const low = (): string => `(${a.low()} ${op} ${b.low()} | 0)`;
  if (a.exact && b.exact && isSafe(min, max)) {
    const code = a.constant === 0n && op === '-' ? `(-${b.code})` : `(${a.code} ${op} ${b.code})`;
    return value(code, min, max, low);
  }
  return fromBig(`(${big(a)} ${op} ${big(b)})`, min, max, low);
}

function product(a: Value, b: Value): Value {
  const corners = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
  const min = corners.reduce((x, y) => (y < x ? y : x));
  const max = corners.reduce((x, y) => (y > x ? y : x));
  const low = (): string => `Math.imul(${a.low()}, ${b.low()})`;
  if (a.exact && b.exact && isSafe(min, max)) return value(`(${a.code} * ${b.code})`, min, max, low);
  return fromBig(`(${big(a)} * ${big(b)})`, min, max, low);
}

function quotient(op: '/' | '%', a: Value, b: Value): Value {
  const magnitude = [-a.min, a.max].reduce((x, y) => (x > y ? x : y));
  const min = a.min < 0n || b.min < 0n ? -magnitude : 0n;
  if (a.min >= 0n && b.constant !== undefined && b.constant > 0n && op === '%') {
    // A power of two, as hash sizes mostly are.
    if ((b.constant & (b.constant - 1n)) === 0n) return conjunction(a, constant(b.constant - 1n));
  }
  if (isUint32(a) && isUint32(b)) {
    if (b.constant !== undefined && b.constant !== 0n)
      return value(`(${a.code} ${op} ${b.code} >>> 0)`, 0n, op === '/' ? a.max : b.constant - 1n);
    return value(`(${b.code} === 0 ? 0 : ${a.code} ${op} ${b.code} >>> 0)`, 0n, a.max);
  }
  return fromBig(`rt.${op === '/' ? 'divide' : 'modulo'}(${big(a)}, ${big(b)})`, min, magnitude);
}

function conjunction(a: Value, b: Value): Value {
  if (a.constant !== undefined && b.constant === undefined) return conjunction(b, a);
  const mask = b.constant;
  if (mask !== undefined && mask >= 0n) {
    if (a.min >= 0n && a.max <= mask && mask === ones(mask)) return a;
    const max = a.min >= 0n && a.max < mask ? a.max : mask;
    if (mask <= U32) {
      if (mask === U32) return value(`(${a.low()} >>> 0)`, 0n, max);
      const code = `(${a.low()} & ${mask})`;
      return value(mask > I32_MAX ? `(${code} >>> 0)` : code, 0n, max);
    }
    if (a.exact && mask <= SAFE && mask === ones(mask))
      return value(`rt.wrap53(${a.code}, ${mask >> 32n})`, 0n, max, a.low);
    if (mask === ones(mask)) return fromBig(`BigInt.asUintN(${bitLength(mask)}, ${big(a)})`, 0n, max, a.low);
  }
  const [min, max] =
    a.min >= 0n && b.min >= 0n
      ? [0n, a.max < b.max ? a.max : b.max]
      : a.min >= 0n
        ? [0n, a.max]
        : b.min >= 0n
          ? [0n, b.max]
          : [negativeBound(a, b), [a.max, b.max].reduce((x, y) => (x > y ? x : y))];
  return bitwise('&', a, b, min, max < 0n ? -1n : max);
}

function disjunction(op: '|' | '^', a: Value, b: Value): Value {
  const top = ones([a.max, b.max, -a.min - 1n, -b.min - 1n].reduce((x, y) => (x > y ? x : y)));
  const min = a.min >= 0n && b.min >= 0n ? 0n : negativeBound(a, b);
  return bitwise(op, a, b, min, top);
}

/** The least that a bitwise operation on two values, at least one perhaps negative, can give. */
function negativeBound(a: Value, b: Value): bigint {
  return -ones([a.max, b.max, -a.min - 1n, -b.min - 1n].reduce((x, y) => (x > y ? x : y))) - 1n;
}

function bitwise(op: '&' | '|' | '^', a: Value, b: Value, min: bigint, max: bigint): Value {
  const low = (): string => `(${a.low()} ${op} ${b.low()})`;
  if (isUint32(a) && isUint32(b)) return value(max <= I32_MAX ? low() : `((${low()}) >>> 0)`, min, max, low);
  if (isInt32(a) && isInt32(b)) return value(low(), min, max, low);
  if (a.exact && b.exact && isSafe(min, max)) {
    const name = { '&': 'and53', '|': 'or53', '^': 'xor53' }[op];
    return value(`rt.${name}(${a.code}, ${b.code})`, min, max, low);
  }
  return fromBig(`(${big(a)} ${op} ${big(b)})`, min, max, low);
}

export function complement(a: Value): Value {
  const [min, max] = [-a.max - 1n, -a.min - 1n];
  const low = (): string => `~${a.low()}`;
  if (a.exact && isSafe(min, max))
    return value(isInt32(a) ? `~${a.code}` : `(-1 - ${a.code})`, min, max, low);
  return fromBig(`~${big(a)}`, min, max, low);
}

/** Shift counts of which more bits are lost than any field has. */
const SHIFT_MAX = 8192n;

function leftShift(a: Value, b: Value): Value {
  if (b.constant !== undefined) {
    const by = b.constant > SHIFT_MAX ? SHIFT_MAX : b.constant < 0n ? 0n : b.constant;
    const [min, max] = [a.min << by, a.max << by];
    const low = (): string => (by >= 32n ? '0' : `(${a.low()} << ${by})`);
    if (a.exact && isSafe(min, max)) return value(`(${a.code} * ${1n << by})`, min, max, low);
    return fromBig(`(${big(a)} << ${by}n)`, min, max, low);
  }
  const by = b.max > SHIFT_MAX ? SHIFT_MAX : b.max;
  const [min, max] = [a.min < 0n ? a.min << by : 0n, a.max > 0n ? a.max << by : 0n];
  const low = (): string => `rt.shiftLeft32(${a.low()}, ${b.code})`;
  if (a.exact && b.exact && isSafe(min, max)) return value(`(${a.code} * 2 ** ${b.code})`, min, max, low);
  return fromBig(`rt.shiftLeft(${big(a)}, ${big(b)})`, min, max, b.exact ? low : undefined);
}

function rightShift(a: Value, b: Value): Value {
  if (b.constant !== undefined) {
    const by = b.constant > SHIFT_MAX ? SHIFT_MAX : b.constant < 0n ? 0n : b.constant;
    const [min, max] = [a.min >> by, a.max >> by];
    const low = a.limbs === undefined ? undefined : (): string => slice(a.limbs as string[], Number(by));
    if (isUint32(a)) return value(by >= 32n ? '0' : `(${a.code} >>> ${by})`, min, max);
    if (isInt32(a)) return value(`(${a.code} >> ${by > 31n ? 31n : by})`, min, max);
    if (a.exact) {
      const code =
        by > 1000n ? (a.min < 0n ? `(${a.code} < 0 ? -1 : 0)` : '0') : `Math.floor(${a.code} / ${1n << by})`;
      return value(code, min, max, low);
    }
    // A slice of a stored wide field need not become a BigInt.
    if (low !== undefined && a.min >= 0n && max <= U32) return value(`(${low()} >>> 0)`, min, max, low);
    return fromBig(`(${big(a)} >> ${by}n)`, min, max, low);
  }
  const [min, max] = [a.min < 0n ? a.min : 0n, a.max > 0n ? a.max : a.max < 0n ? -1n : 0n];
  if (b.exact && isUint32(a)) return value(`rt.shiftRight32(${a.code}, ${b.code})`, min, max);
  if (b.exact && a.exact) return value(`rt.shiftRight53(${a.code}, ${b.code})`, min, max);
  return fromBig(`rt.shiftRight(${big(a)}, ${big(b)})`, min, max);
}

/** The 32 bits of the limbs that start `by` bits from the least significant. */
function slice(limbs: string[], by: number): string {
  const from_end = Math.floor(by / 32);
  const shift = by % 32;
  const lower = limbs[limbs.length - 1 - from_end];
  const upper = limbs[limbs.length - 2 - from_end];
  if (lower === undefined) return '0';
  if (shift === 0) return lower;
  if (upper === undefined) return `(${lower} >>> ${shift})`;
  return `(${lower} >>> ${shift} | ${upper} << ${32 - shift})`;
}

export function cast(op: CastOp, a: Value, width: number): Value {
  const half = 1n << BigInt(width - 1);
  const [min, max] = op === 'usat_cast' ? [0n, 2n * half - 1n] : [-half, half - 1n];
  if (a.min >= min && a.max <= max) return a;
  if (op === 'two_comp_mod') {
    if (width <= 32) {
      const code = width === 32 ? `(${a.low()} | 0)` : `(${a.low()} << ${32 - width} >> ${32 - width})`;
      return value(code, min, max);
    }
    return fromBig(`BigInt.asIntN(${width}, ${big(a)})`, min, max, a.low);
  }
  if (a.exact && isSafe(min, max)) return value(`Math.min(Math.max(${a.code}, ${min}), ${max})`, min, max);
  return fromBig(`rt.clamp(${big(a)}, ${min}n, ${max}n)`, min, max);
}

/** condition ? a : b */
export function choose(condition: string, a: Value, b: Value): Value {
  const min = a.min < b.min ? a.min : b.min;
  const max = a.max > b.max ? a.max : b.max;
  const low = (): string => `(${condition} ? ${a.low()} : ${b.low()})`;
  if (a.exact && b.exact) return value(`(${condition} ? ${a.code} : ${b.code})`, min, max, low);
  return fromBig(`(${condition} ? ${big(a)} : ${big(b)})`, min, max, low);
}

const STRICT = { '==': '===', '!=': '!==' } as const;

/** A JavaScript boolean expression. */
export function compare(op: CompareOp, a: Value, b: Value): string {
  const operator = op === '==' || op === '!=' ? STRICT[op] : op;
  if (a.exact && b.exact) return `(${a.code} ${operator} ${b.code})`;
  if (op === '==' || op === '!=') {
    const pairs = limbPairs(a, b);
    if (pairs !== undefined) {
      const same = pairs.map(([x, y]) => `${x} === ${y}`).join(' && ');
      return op === '==' ? `(${same})` : `!(${same})`;
    }
  }
  return `(${big(a)} ${operator} ${big(b)})`;
}

/** The limbs of two wide values side by side, where both are at hand. */
function limbPairs(a: Value, b: Value): [string, string][] | undefined {
  if (a.limbs === undefined) return b.limbs === undefined ? undefined : limbPairs(b, a);
  const x = a.limbs;
  const y = b.limbs ?? (b.constant === undefined ? undefined : constantLimbs(b.constant, x.length));
  if (y === undefined || y.length !== x.length) return undefined;
  return x.map((limb, i) => [limb, y[i] as string]);
}

/** The literals of a non-negative constant that fits in `count` limbs. */
export function constantLimbs(n: bigint, count: number): string[] | undefined {
  if (n < 0n || n >> BigInt(32 * count) !== 0n) return undefined;
  return Array.from({ length: count }, (_, i) => `${(n >> BigInt(32 * (count - 1 - i))) & U32}`);
}

/** Any number as a result of a helper that returns a JavaScript number in [0, max]. */
export function numeric(code: string, max: bigint): Value {
  return value(code, 0n, max);
}

/** A helper's bigint result in [0, max]. */
export function bigResult(code: string, max: bigint): Value {
  return fromBig(code, 0n, max);
}

/** Statements that store `v`, cut to `width` bits, in the limbs at `array[index]`. */
export function store(array: string, index: number | string, width: number, v: Value): string {
  const count = Math.max(1, Math.ceil(width / 32));
  const at = (i: number): string => `${array}[${plus(index, i)}]`;
  const full = (1n << BigInt(width)) - 1n;
  const fits = v.min >= 0n && v.max <= full;
  if (count === 1) {
    if (fits && v.exact) return `${at(0)} = ${v.code};`;
    return width === 32 ? `${at(0)} = ${v.low()};` : `${at(0)} = ${v.low()} & ${full};`;
  }
  const top = width % 32 === 0 ? undefined : (1n << BigInt(width % 32)) - 1n;
  const mask = (i: number): string => (i === 0 && top !== undefined && !fits ? ` & ${top}` : '');
  const limbs =
    v.limbs ??
    (v.constant === undefined ? undefined : constantLimbs(BigInt.asUintN(width, v.constant), count));
  if (limbs !== undefined) {
    const padded = [...Array<string>(Math.max(0, count - limbs.length)).fill('0'), ...limbs].slice(-count);
    return padded.map((limb, i) => `${at(i)} = ${limb}${mask(i)};`).join(' ');
  }
  if (v.exact) {
    const upper = Array.from(
      { length: count - 2 },
      (_, i) => `${at(i)} = ${v.min < 0n ? `t < 0 ? -1 : 0` : '0'}${mask(i)};`,
    );
    const high = `${at(count - 2)} = Math.floor(t / 4294967296)${mask(count - 2)};`;
    return `{ const t = ${v.code}; ${[...upper, high].join(' ')} ${at(count - 1)} = t; }`;
  }
  return `rt.writeLimbs(${array}, ${index}, ${count}, ${width}, ${v.code});`;
}
