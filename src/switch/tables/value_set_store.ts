import { EngineError, type EngineErrorCode, type MatchValue } from '../engine';
import type { KeyKind, ValueSet } from '../program/model';
import { limbCount } from '../runtime/limbs';
import { type Lookup, makeLookup } from './lookup';
import { MatchFormat, prefixMask } from './match';
import { Rows } from './rows';

/** Members match or do not: none comes before another. */
const PRIORITY = 1;

/**
 * A parser value set. The program's JSON says only the widths of its fields; how they match (P4Info's match types) is
 * up to the members, one kind a field. All exact they are one hash, otherwise a ternary table.
 */
export class ValueSetStore {
  /** The packet's key, filled in before has(). */
  readonly key: Uint32Array;
  private written: MatchValue[][] = [];
  private lookup: Lookup | undefined;

  constructor(private readonly program: ValueSet) {
    const limbs = (program.field_widths ?? []).reduce((sum, width) => sum + limbCount(width), 0);
    this.key = new Uint32Array(Math.max(1, limbs));
  }

  // -- for generated code --

  /** Whether a member matches `key`. */
  has(): boolean {
    return this.lookup !== undefined && this.lookup.find(this.key) !== 0;
  }

  // -- for the control plane --

  members(): MatchValue[][] {
    return this.written;
  }

  /** A call that throws has changed nothing. */
  replace(members: MatchValue[][]): void {
    const { max_size, field_widths } = this.program;
    if (members.length > max_size)
      this.fail('RESOURCE_EXHAUSTED', `${members.length} members: it holds ${max_size}`);
    // A set that no state uses has no keys to compare with.
    if (field_widths !== undefined) this.lookup = this.build(members, field_widths);
    this.written = members;
  }

  private build(members: MatchValue[][], widths: number[]): Lookup | undefined {
    if (members.length === 0) return undefined;
    for (const member of members)
      if (member.length !== widths.length)
        this.fail('INVALID_ARGUMENT', `expected ${widths.length} match fields, found ${member.length}`);
    const keys = widths.map((width, i) => {
      const kind = kindOf(members.map((member) => member[i] as MatchValue));
      return { name: `field ${i + 1}`, kind, width };
    });
    const format = new MatchFormat(`value set "${this.program.name}"`, keys);
    const lookup = makeLookup(new Rows(format.stride + 1), format, members.length, () => undefined);
    const record = new Uint32Array(format.stride);
    members.forEach((member, i) => {
      const values = member.map((value, field) =>
        keys[field]?.kind === 'ternary' ? this.asTernary(value, field, widths[field] as number) : value,
      );
      format.encode(values, format.has_priority ? PRIORITY : 0, record);
      if (lookup.same(record) !== 0) this.fail('ALREADY_EXISTS', `member ${i + 1} is there already`);
      lookup.place(record);
    });
    return lookup;
  }

  private asTernary(value: MatchValue, field: number, width: number): MatchValue {
    const all = (1n << BigInt(width)) - 1n;
    switch (value.kind) {
      case 'exact':
        return { kind: 'ternary', value: value.value, mask: all };
      case 'lpm': {
        const { prefix_length } = value;
        if (!Number.isInteger(prefix_length) || prefix_length < 0 || prefix_length > width)
          this.fail(
            'INVALID_ARGUMENT',
            `field ${field + 1}: prefix length ${prefix_length} is not within 0..${width}`,
          );
        return { kind: 'ternary', value: value.value, mask: prefixMask(width, prefix_length) };
      }
      default:
        return value;
    }
  }

  private fail(code: EngineErrorCode, message: string): never {
    throw new EngineError(code, `value set "${this.program.name}": ${message}`);
  }
}

function kindOf(values: MatchValue[]): KeyKind {
  if (values.every(({ kind }) => kind === 'exact')) return 'exact';
  return values.some(({ kind }) => kind === 'range') ? 'range' : 'ternary';
}
