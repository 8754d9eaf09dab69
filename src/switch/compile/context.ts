import { placeRegisters, type RegisterPlace } from '../externs/register_rows';
import type {
  Action,
  BooleanExpression,
  Expression,
  FieldRef,
  HeaderRef,
  HeaderStack,
  HeaderUnionStack,
  Program,
  RegisterArray,
  UnionRef,
} from '../program/model';
import { typeOf } from '../program/scope';
import { limbCount } from '../runtime/limbs';
import { loadBits, limbWidths } from './bits';
import { type FieldLayout, type Layout, POSITION, VALID } from './layout';
import { identifier } from './source';
import {
  arithmetic,
  arrayIndex,
  cast,
  choose,
  compare,
  complement,
  constant,
  number,
  numeric,
  plus,
  stored,
  type Value,
} from './value';

/** Turns references and expressions of a program into JavaScript. */
export class Context {
  private readonly names = new Map<object, Map<string, string>>();
  private readonly taken = new Set<string>();
  private readonly registers: Map<RegisterArray, RegisterPlace>;

  constructor(
    readonly program: Program,
    readonly layout: Layout,
  ) {
    this.registers = placeRegisters(program);
  }

  /** A JavaScript identifier for a table, action, register ... that is its own. */
  name(prefix: string, thing: { name: string }): string {
    let names = this.names.get(thing);
    if (names === undefined) this.names.set(thing, (names = new Map<string, string>()));
    const known = names.get(prefix);
    if (known !== undefined) return known;
    let name = `${prefix}_${identifier(thing.name)}`;
    for (let i = 2; this.taken.has(name); i++) name = `${prefix}_${identifier(thing.name)}_${i}`;
    this.taken.add(name);
    names.set(prefix, name);
    return name;
  }

  /** The index in `u` where the header instance starts. */
  address(header: HeaderRef): number | string {
    switch (header.kind) {
      case 'header':
        return this.layout.base(header.header);
      case 'stack_element':
        return this.element(header.stack, header.index);
      case 'stack_last':
        return this.last(header.stack);
      case 'union_member': {
        const { union, member } = header;
        return plus(this.unionAddress(union), this.memberOffset(union, member));
      }
    }
  }

  /** Where the union's first member starts; the others follow it. */
  unionAddress(union: UnionRef): number | string {
    switch (union.kind) {
      case 'union': {
        const first = union.union.members[0]?.header;
        if (first === undefined) throw new RangeError(`header union "${union.union.name}" is empty`);
        return this.layout.base(first);
      }
      case 'union_stack_element':
        return this.element(union.stack, union.index);
      case 'union_stack_last':
        return this.last(union.stack);
    }
  }

  unionMembers(union: UnionRef): HeaderRef[] {
    const members = (union.kind === 'union' ? union.union : union.stack.unions[0])?.members ?? [];
    return members.map((_, member) => ({ kind: 'union_member', union, member }));
  }

  field(ref: FieldRef): { index: number | string; layout: FieldLayout } {
    const layout = this.layout.field(typeOf(ref.header), ref.field);
    return { index: plus(this.address(ref.header), layout.offset), layout };
  }

  fieldValue(ref: FieldRef): Value {
    return stored('u', this.field(ref).index, ref.field.width, ref.field.signed);
  }

  /** Where a register's cell is: the name of its rows, and the limb in them. */
  cell(array: RegisterArray, index: string): { rows: string; limb: string } {
    const { owner, at, stride } = this.registers.get(array) as RegisterPlace;
    const row = stride === 1 ? index : `${index} * ${stride}`;
    return { rows: this.name('register', owner), limb: `${plus(row, at)}` };
  }

  isMetadata(header: HeaderRef): boolean {
    return header.kind === 'header' && header.header.metadata;
  }

  validity(header: HeaderRef): string {
    return this.isMetadata(header) ? '1' : `u[${plus(this.address(header), VALID)}]`;
  }

  /** The statement that says the header's bytes in the frame no longer are its value; '' for metadata. */
  markChanged(header: HeaderRef): string {
    return this.isMetadata(header) ? '' : ` u[${plus(this.address(header), POSITION)}] = 0;`;
  }

  /** Statements that make a header valid, and with it the other members of its union invalid. */
  markValid(header: HeaderRef): string {
    return `u[${plus(this.address(header), VALID)}] = 1;${this.invalidateSiblings(header)}`;
  }

  private invalidateSiblings(header: HeaderRef): string {
    if (header.kind === 'header') {
      const union = this.layout.union_of.get(header.header);
      const others = union?.members.filter((m) => m.header !== header.header) ?? [];
      return others.map((m) => ` u[${this.layout.base(m.header) + VALID}] = 0;`).join('');
    }
    if (header.kind !== 'union_member') return '';
    return this.unionMembers(header.union)
      .filter((_, i) => i !== header.member)
      .map((other) => ` u[${plus(this.address(other), VALID)}] = 0;`)
      .join('');
  }

  value(e: Expression): Value {
    switch (e.kind) {
      case 'constant':
        return constant(e.value);
      case 'field':
        return this.fieldValue(e);
      case 'validity':
        return numeric(this.validity(e.header), 1n);
      case 'argument':
        return this.argument(e.index);
      case 'register': {
        const { rows, limb } = this.cell(
          e.array,
          `rt.bound(${arrayIndex(this.value(e.index))}, ${e.array.size})`,
        );
        return stored(rows, limb, e.array.width, false);
      }
      case 'lookahead': {
        // Checked to be within the packet by the parser before this is evaluated.
        let bit = e.offset_bits;
        const limbs = limbWidths(e.width).map((width) => {
          const code = loadBits((byte) => `b[o + ${byte}]`, bit, width);
          bit += width;
          return `(${code})${width === 32 ? ' >>> 0' : ''}`;
        });
        return fromLimbs(limbs, e.width);
      }
      case 'arithmetic':
        return arithmetic(e.op, this.value(e.left), this.value(e.right));
      case 'cast':
        return cast(e.op, this.value(e.value), e.width);
      case 'complement':
        return complement(this.value(e.value));
      case 'stack_size': {
        const { next, depth } = this.layout.stack(e.stack);
        const size = numeric(`u[${next}]`, BigInt(depth));
        return e.minus === 0 ? size : arithmetic('-', size, constant(1n));
      }
      case 'select':
        return choose(this.test(e.condition), this.value(e.then), this.value(e.otherwise));
      case 'from_boolean': {
        const inner = e.value;
        // A boolean read from data and written as data: p4c wraps every bool so.
        if (inner.kind === 'to_boolean' && inner.value.kind === 'field' && inner.value.field.width === 1)
          return this.value(inner.value);
        return numeric(`(${this.test(inner)} ? 1 : 0)`, 1n);
      }
    }
  }

  /** A JavaScript boolean expression. */
  test(e: BooleanExpression): string {
    switch (e.kind) {
      case 'boolean':
        return `${e.value}`;
      case 'compare':
        return compare(e.op, this.value(e.left), this.value(e.right));
      case 'compare_boolean':
        return `(${this.test(e.left)} ${e.equal ? '===' : '!=='} ${this.test(e.right)})`;
      case 'compare_header':
        return `${e.equal ? '' : '!'}(${this.sameHeader(e.left, e.right)})`;
      case 'compare_union':
        return `${e.equal ? '' : '!'}(${this.sameUnion(e.left, e.right)})`;
      case 'logic':
        return `(${this.test(e.left)} ${e.op === 'and' ? '&&' : '||'} ${this.test(e.right)})`;
      case 'not':
        return `!${parenthesised(this.test(e.value))}`;
      case 'valid':
        return `(${this.validity(e.header)} !== 0)`;
      case 'valid_union':
        return `(${this.unionMembers(e.union)
          .map((member) => `${this.validity(member)} !== 0`)
          .join(' || ')})`;
      case 'select':
        return `(${this.test(e.condition)} ? ${this.test(e.then)} : ${this.test(e.otherwise)})`;
      case 'to_boolean':
        return this.isNotZero(e.value);
    }
  }

  /** Whether data is not zero, as a JavaScript boolean expression in parentheses. */
  isNotZero(e: Expression): string {
    // p4c writes booleans as data only to make booleans of them again.
    if (e.kind === 'from_boolean') return `(${this.test(e.value)})`;
    const v = this.value(e);
    return v.exact ? `(${v.code} !== 0)` : `(${v.code} !== 0n)`;
  }

  /** Both valid and every field equal. */
  private sameHeader(left: HeaderRef, right: HeaderRef): string {
    const tests = [`${this.validity(left)} !== 0`, `${this.validity(right)} !== 0`];
    for (const field of typeOf(left).fields) {
      const a: FieldRef = { kind: 'field', header: left, field };
      const b: FieldRef = { kind: 'field', header: right, field };
      tests.push(
        field.varbit
          ? `rt.sameVarbit(${this.field(a).index}, ${plus(this.address(left), 2)}, ${this.field(b).index}, ${plus(this.address(right), 2)})`
          : compare('==', this.fieldValue(a), this.fieldValue(b)),
      );
    }
    return tests.join(' && ');
  }

  /** The same member valid in both, with the same fields. */
  private sameUnion(left: UnionRef, right: UnionRef): string {
    const others = this.unionMembers(right);
    return this.unionMembers(left)
      .map((member, i) => `(${this.sameHeader(member, others[i] as HeaderRef)})`)
      .join(' || ');
  }

  private element(stack: HeaderStack | HeaderUnionStack, index: Expression): number | string {
    const { base, stride, depth } = this.layout.stack(stack);
    if (index.kind === 'constant') {
      const i = index.value >= 0n && index.value < BigInt(depth) ? Number(index.value) : depth;
      return base + stride * i;
    }
    return `${base} + ${stride} * rt.bound(${number(this.value(index))}, ${depth})`;
  }

  private last(stack: HeaderStack | HeaderUnionStack): string {
    const { base, stride, depth, next } = this.layout.stack(stack);
    return `${base} + ${stride} * rt.bound(u[${next}] - 1, ${depth})`;
  }

  private memberOffset(union: UnionRef, member: number): number {
    const members = (union.kind === 'union' ? union.union : union.stack.unions[0])?.members ?? [];
    return members.slice(0, member).reduce((sum, m) => sum + this.layout.type(m.header.type).size, 0);
  }

  // -- the arguments of the action being compiled --

  private arguments: { offset: number; width: number }[] = [];

  /** Arguments lie in `d` from `p` on, each in limbs of its own. */
  enterAction(action: Action | undefined): void {
    let offset = 0;
    this.arguments = (action?.parameters ?? []).map(({ width }) => {
      const at = offset;
      offset += limbCount(width);
      return { offset: at, width };
    });
  }

  private argument(index: number): Value {
    const argument = this.arguments[index];
    if (argument === undefined) throw new RangeError(`action argument ${index} does not exist`);
    return stored('d', plus('p', argument.offset), argument.width, false);
  }
}

/** An unsigned value from the code of its limbs. */
export function fromLimbs(limbs: string[], width: number): Value {
  const max = (1n << BigInt(width)) - 1n;
  const last = limbs[limbs.length - 1] as string;
  if (limbs.length === 1) return { ...numeric(`(${last})`, max), limbs: limbs.map((l) => `(${l})`) };
  const wrapped = limbs.map((l) => `(${l})`);
  const common = { min: 0n, max, low: () => `(${last})`, limbs: wrapped };
  if (width <= 53) return { ...common, exact: true, code: `(${wrapped[0]} * 4294967296 + ${wrapped[1]})` };
  return { ...common, exact: false, code: `rt.joinLimbs([${limbs.join(', ')}])` };
}

function parenthesised(code: string): string {
  return code.startsWith('(') || /^\w+$/.test(code) ? code : `(${code})`;
}
