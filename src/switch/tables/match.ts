import { EngineError, type MatchValue } from '../engine';
import type { KeyKind } from '../program/model';
import { limbCount, readLimbs, topLimbMax, writeLimbs } from '../runtime/limbs';

/**
 * How a table's match fields lie in a record of limbs: first every key's value (for a range its low end), which is
 * what a packet's key is compared with; then what else tells entries apart: prefix lengths, masks, high ends, and
 * last the priority.
 */
export interface KeyPart {
  name: string;
  kind: KeyKind;
  width: number;
  limbs: number;
  /** Where its value starts. */
  value_at: number;
  /** Where its mask, high end or prefix length starts; -1 for exact. */
  extra_at: number;
  /** The bits of the field that count, where the program matches `field & constant`. */
  counted: bigint | undefined;
}

export class MatchFormat {
  readonly parts: KeyPart[] = [];
  /** Limbs of a packet's key. */
  readonly key_limbs: number;
  readonly stride: number;
  readonly priority_at: number;

  /** `owner` names the table or value set in errors. */
  constructor(
    private readonly owner: string,
    keys: { name: string; kind: KeyKind; width: number; mask?: bigint | undefined }[],
  ) {
    let at = 0;
    for (const { name, kind, width, mask } of keys) {
      const limbs = limbCount(width);
      this.parts.push({ name, kind, width, limbs, value_at: at, extra_at: -1, counted: mask });
      at += limbs;
    }
    this.key_limbs = at;
    for (const part of this.parts) {
      if (part.kind === 'exact') continue;
      part.extra_at = at;
      at += part.kind === 'lpm' ? 1 : part.limbs;
    }
    this.priority_at = this.has_priority ? at++ : -1;
    this.stride = Math.max(1, at);
  }

  get has_priority(): boolean {
    return this.parts.some((part) => part.kind === 'ternary' || part.kind === 'range');
  }

  /** @throws EngineError INVALID_ARGUMENT naming table and key */
  encode(match: MatchValue[], priority: number, record: Uint32Array): void {
    if (match.length !== this.parts.length)
      this.invalid(`expected ${this.parts.length} match fields, found ${match.length}`);
    this.parts.forEach((part, i) => this.encodePart(part, match[i] as MatchValue, record));
    if (this.has_priority) {
      if (!Number.isInteger(priority) || priority < 0 || priority > 0x7fffffff)
        this.invalid(`priority ${priority} is not within 0..2147483647`);
      record[this.priority_at] = priority;
    } else if (priority !== 0) this.invalid(`priority must be 0, found ${priority}`);
  }

  /**
   * The same of a match that is in limbs already. Its values must fit the keys' widths; in all else its maker is
   * trusted.
   * @throws EngineError INVALID_ARGUMENT naming table and key
   */
  encodeLimbs(words: Uint32Array, at: number, record: Uint32Array): void {
    for (let i = 0; i < this.stride; i++) record[i] = words[at + i] as number;
    for (const { name, kind, width, limbs, value_at, extra_at, counted } of this.parts) {
      const top = topLimbMax(width);
      const fits =
        (record[value_at] as number) <= top &&
        (kind === 'exact' || (record[extra_at] as number) <= (kind === 'lpm' ? width : top));
      if (!fits) this.invalid(`key "${name}": the match does not fit in ${width} bits`);
      if (counted !== undefined)
        writeLimbs(record, value_at, limbs, width, readLimbs(record, value_at, limbs) & counted);
    }
  }

  decode(records: Uint32Array, base: number): { match: MatchValue[]; priority: number } {
    const match = this.parts.map((part): MatchValue => {
      const value = readLimbs(records, base + part.value_at, part.limbs);
      switch (part.kind) {
        case 'exact':
          return { kind: 'exact', value };
        case 'lpm':
          return { kind: 'lpm', value, prefix_length: records[base + part.extra_at] as number };
        case 'ternary':
          return { kind: 'ternary', value, mask: readLimbs(records, base + part.extra_at, part.limbs) };
        case 'range':
          return { kind: 'range', low: value, high: readLimbs(records, base + part.extra_at, part.limbs) };
      }
    });
    return { match, priority: this.has_priority ? (records[base + this.priority_at] as number) : 0 };
  }

  private encodePart(part: KeyPart, value: MatchValue, record: Uint32Array): void {
    const { width, limbs } = part;
    const all = (1n << BigInt(width)) - 1n;
    const put = (at: number, v: bigint, counted = all): void => {
      if (v < 0n || v > all) this.invalid(`key "${part.name}": ${v} does not fit in ${width} bits`);
      writeLimbs(record, at, limbs, width, v & counted);
    };
    const putValue = (v: bigint): void => put(part.value_at, v, part.counted);
    const unexpected = (): never =>
      this.invalid(`key "${part.name}" is matched ${part.kind}, found a match of kind ${value.kind}`);
    switch (part.kind) {
      case 'exact':
        if (value.kind !== 'exact') return unexpected();
        return putValue(value.value);
      case 'lpm': {
        if (value.kind !== 'lpm') return unexpected();
        const { prefix_length } = value;
        if (!Number.isInteger(prefix_length) || prefix_length < 0 || prefix_length > width)
          this.invalid(`key "${part.name}": prefix length ${prefix_length} is not within 0..${width}`);
        putValue(value.value);
        const mask = prefixMask(width, prefix_length);
        if ((value.value & mask) !== value.value)
          this.invalid(`key "${part.name}": bits are set beyond the prefix length ${prefix_length}`);
        record[part.extra_at] = prefix_length;
        return undefined;
      }
      case 'ternary': {
        const [v, mask] =
          value.kind === 'ternary'
            ? [value.value, value.mask]
            : value.kind === 'optional'
              ? [value.value ?? 0n, value.value === undefined ? 0n : all]
              : unexpected();
        put(part.extra_at, mask);
        if ((v & mask) !== v) this.invalid(`key "${part.name}": bits are set beyond the mask`);
        return putValue(v);
      }
      case 'range':
        if (value.kind !== 'range') return unexpected();
        if (value.low > value.high) this.invalid(`key "${part.name}": low end above high end`);
        put(part.extra_at, value.high);
        return putValue(value.low);
    }
  }

  private invalid(message: string): never {
    throw new EngineError('INVALID_ARGUMENT', `${this.owner}: ${message}`);
  }
}

/** The `length` most significant of `width` bits. */
export function prefixMask(width: number, length: number): bigint {
  const all = (1n << BigInt(width)) - 1n;
  return all ^ (all >> BigInt(length));
}
