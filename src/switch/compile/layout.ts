import type {
  Field,
  Header,
  HeaderStack,
  HeaderType,
  HeaderUnion,
  HeaderUnionStack,
  Program,
} from '../program/model';
import { limbCount } from '../runtime/limbs';

/**
 * Where everything about the packet in hand lies in one Uint32Array, so that a copy of a packet is one array copy
 * and a fresh packet one fill(0). First these registers, then metadata, then packet headers.
 */
export const Register = {
  /** Bytes: the received length, then changed by setValid and setInvalid. */
  packet_length: 0,
  /** Bytes received; what counters count. */
  ingress_length: 1,
  /** The session, with CLONE_REQUESTED set; 0: no clone. */
  clone_session: 2,
  /** Field list of the clone; 0: none. */
  clone_list: 3,
  /** Learn list of the digest; 0: none. */
  digest: 4,
  resubmit_list: 5,
  recirculate_list: 6,
  /** Bytes to truncate to, plus one; 0: whole. */
  truncate: 7,
  /** exit was executed in this pipeline. */
  exit: 8,
  parser_error: 9,
  checksum_error: 10,
  /** An assert failed, or the parser ran without end. */
  abandoned: 11,
} as const;

export const REGISTER_COUNT = 12;
export const CLONE_REQUESTED = 0x80000000;

/** Limbs at the start of each header instance. */
export const VALID = 0;
/** Where in the frame buffer the header's bytes still stand unchanged; 0: nowhere. */
export const POSITION = 1;
/** Bits in the varbit field, where the type has one. */
export const VARBIT_BITS = 2;

export interface FieldLayout {
  field: Field;
  /** Limbs from the start of the header instance. */
  offset: number;
  limbs: number;
  /** Bits from the start of the header on the wire, a varbit before it counted as empty. */
  wire_bit: number;
  after_varbit: boolean;
}

export interface TypeLayout {
  type: HeaderType;
  fields: Map<Field, FieldLayout>;
  varbit: FieldLayout | undefined;
  /** Bytes on the wire, the varbit empty. */
  fixed_bytes: number;
  max_bytes: number;
  /** Limbs of an instance. */
  size: number;
}

/** A stack's elements stand one after the other, and after them one that takes accesses out of bounds. */
export interface StackLayout {
  base: number;
  /** Limbs from element to element. */
  stride: number;
  depth: number;
  /** The limb that holds the index of the next element to extract. */
  next: number;
}

export class Layout {
  readonly headers = new Map<Header, number>();
  readonly stacks = new Map<HeaderStack | HeaderUnionStack, StackLayout>();
  /** The union each header is in. */
  readonly union_of = new Map<Header, HeaderUnion>();
  readonly metadata_start: number;
  readonly metadata_end: number;
  readonly size: number;
  /** More than a deparser can ever put before the payload. */
  readonly headroom_bytes: number;
  private readonly types = new Map<HeaderType, TypeLayout>();

  constructor(program: Program) {
    let next = REGISTER_COUNT;
    const place = (header: Header): void => {
      if (this.headers.has(header)) return;
      this.headers.set(header, next);
      next += this.type(header.type).size;
    };
    this.metadata_start = next;
    program.headers.filter((h) => h.metadata).forEach(place);
    this.metadata_end = next;

    for (const union of program.unions)
      for (const { header } of union.members) this.union_of.set(header, union);
    for (const stack of program.union_stacks) {
      const stride = (stack.unions[0]?.members ?? []).reduce((n, m) => n + this.type(m.header.type).size, 0);
      const base = next;
      for (const union of stack.unions) union.members.forEach(({ header }) => place(header));
      next += stride;
      this.stacks.set(stack, { base, stride, depth: stack.unions.length, next: next++ });
    }
    for (const union of program.unions) union.members.forEach(({ header }) => place(header));
    for (const stack of program.stacks) {
      const stride = this.type(stack.type).size;
      const base = next;
      stack.headers.forEach(place);
      next += stride;
      this.stacks.set(stack, { base, stride, depth: stack.headers.length, next: next++ });
    }
    program.headers.forEach(place);
    this.size = next;
    this.headroom_bytes =
      64 + program.deparser.reduce((sum, header) => sum + this.type(header.type).max_bytes, 0);
  }

  base(header: Header): number {
    const base = this.headers.get(header);
    if (base === undefined) throw new RangeError(`header "${header.name}" has no place`);
    return base;
  }

  stack(stack: HeaderStack | HeaderUnionStack): StackLayout {
    const layout = this.stacks.get(stack);
    if (layout === undefined) throw new RangeError(`header stack "${stack.name}" has no place`);
    return layout;
  }

  type(type: HeaderType): TypeLayout {
    const known = this.types.get(type);
    if (known !== undefined) return known;
    const fields = new Map<Field, FieldLayout>();
    let varbit: FieldLayout | undefined;
    let offset = type.fields.some((f) => f.varbit) ? 3 : 2;
    let wire_bit = 0;
    for (const field of type.fields) {
      // A varbit's bytes are packed four to a limb, in memory order.
      const limbs = limbCount(field.width);
      const layout = { field, offset, limbs, wire_bit, after_varbit: varbit !== undefined };
      fields.set(field, layout);
      offset += limbs;
      if (field.varbit) varbit = layout;
      else wire_bit += field.width;
    }
    const layout: TypeLayout = {
      type,
      fields,
      varbit,
      fixed_bytes: wire_bit >> 3,
      max_bytes: (wire_bit + (varbit?.field.width ?? 0)) >> 3,
      size: offset,
    };
    this.types.set(type, layout);
    return layout;
  }

  field(type: HeaderType, field: Field): FieldLayout {
    const layout = this.type(type).fields.get(field);
    if (layout === undefined) throw new RangeError(`field "${type.name}.${field.name}" has no place`);
    return layout;
  }
}
