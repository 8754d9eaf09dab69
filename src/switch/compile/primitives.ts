import { hashMax } from '../externs/hash';
import type { FieldRef, HeaderRef, Primitive, UnionRef } from '../program/model';
import { typeOf } from '../program/scope';
import type { Context } from './context';
import type { HeaderFunctions } from './headers';
import { CLONE_REQUESTED, POSITION, Register, VALID, VARBIT_BITS } from './layout';
import { literal, type Source } from './source';
import {
  arithmetic,
  arrayIndex,
  big,
  bigResult,
  cast,
  number,
  numeric,
  plus,
  store,
  stored,
  type Value,
} from './value';

/** Whether the index `i`, which is the value's, is one of an array's. */
function isWithin({ min }: Value, size: number): string {
  return min < 0n ? `i >= 0 && i < ${size}` : `i < ${size}`;
}

/** Writes the statements of primitives; jumps are the action's business. */
export class PrimitiveWriter {
  constructor(
    private readonly context: Context,
    private readonly headers: HeaderFunctions,
    private readonly source: Source,
    private readonly drop_port: number,
  ) {}

  write(primitive: Primitive): void {
    const { context, source } = this;
    switch (primitive.op) {
      case 'assign':
        this.assign(primitive.target, context.value(primitive.value));
        break;
      case 'assign_varbit':
        this.assignVarbit(primitive.target, primitive.source_field);
        break;
      case 'assign_header':
        this.assignHeader(primitive.target, primitive.source_header);
        break;
      case 'assign_union':
        this.assignUnion(primitive.target, primitive.source_union);
        break;
      case 'assign_stack':
      case 'assign_union_stack': {
        const to = context.layout.stack(primitive.target);
        const from = context.layout.stack(primitive.source_stack);
        source.line(`rt.copyLimbs(u, ${to.base}, ${from.base}, ${to.stride * to.depth});`);
        source.line(`u[${to.next}] = u[${from.next}];`);
        const sizes =
          primitive.op === 'assign_stack'
            ? [context.layout.type(primitive.target.type).size]
            : (primitive.target.unions[0]?.members ?? []).map((m) => context.layout.type(m.header.type).size);
        for (let at = to.base; at < to.base + to.stride * to.depth;) {
          for (const size of sizes) {
            source.line(`u[${at + POSITION}] = 0;`);
            at += size;
          }
        }
        break;
      }
      case 'set_valid':
        this.setValid(primitive.header);
        break;
      case 'set_invalid':
        source.open(`if (${context.validity(primitive.header)} !== 0)`);
        source.line(`u[${Register.packet_length}] -= ${this.headers.lengthCode(primitive.header)};`);
        source.line(`u[${plus(context.address(primitive.header), VALID)}] = 0;`);
        source.close();
        break;
      case 'push':
      case 'pop': {
        const { base, stride, depth, next } = context.layout.stack(primitive.stack);
        source.line(`rt.${primitive.op}Stack(u, ${base}, ${stride}, ${depth}, ${next}, ${primitive.count});`);
        break;
      }
      case 'jump':
      case 'jump_if_zero':
        throw new RangeError('jumps are written by the action');
      case 'exit':
        source.line(`u[${Register.exit}] = 1;`);
        break;
      case 'drop':
        for (const [name, value] of [
          ['egress_spec', this.drop_port],
          ['mcast_grp', 0],
        ] as const) {
          const { metadata } = primitive;
          const field = metadata.type.fields.find((f) => f.name === name);
          if (field === undefined) continue;
          const { offset } = context.layout.field(metadata.type, field);
          source.line(`u[${context.layout.base(metadata) + offset}] = ${value};`);
        }
        break;
      case 'truncate': {
        const length = `Math.min(${number(context.value(primitive.length))}, 0xffffff) + 1`;
        const register = `u[${Register.truncate}]`;
        source.line(`${register} = ${register} === 0 ? ${length} : Math.min(${register}, ${length});`);
        break;
      }
      case 'count': {
        const counter = context.name('counter', primitive.counter);
        source.line(
          `${counter}.count(${arrayIndex(context.value(primitive.index))}, u[${Register.ingress_length}]);`,
        );
        break;
      }
      case 'execute_meter': {
        // Outside the array nothing is metered and the target stays as it was, as in BMv2.
        source.open('');
        source.line(`const i = ${arrayIndex(context.value(primitive.index))};`);
        source.open(`if (${isWithin(context.value(primitive.index), primitive.meter.size)})`);
        const colour = `${context.name('meter', primitive.meter)}.execute(i, u[${Register.ingress_length}])`;
        this.assign(primitive.target, numeric(colour, 2n));
        source.close();
        source.close();
        break;
      }
      case 'register_read':
      case 'register_write':
        this.registerAccess(primitive);
        break;
      case 'hash':
        this.hash(primitive);
        break;
      case 'random': {
        const low = context.value(primitive.low);
        const high = context.value(primitive.high);
        source.open(`if (${big(low)} <= ${big(high)})`);
        const max = high.max > 0n ? high.max : 0n;
        this.assign(primitive.target, bigResult(`rt.random(${big(low)}, ${big(high)})`, max));
        source.close();
        break;
      }
      case 'digest':
        source.line(`u[${Register.digest}] = ${primitive.list.id};`);
        break;
      case 'clone':
        source.line(
          `u[${Register.clone_session}] = ${context.value(primitive.session).low()} & 0x7fff | ${CLONE_REQUESTED | 0};`,
        );
        source.line(`u[${Register.clone_list}] = ${primitive.list?.id ?? 0};`);
        break;
      case 'resubmit':
        source.line(`u[${Register.resubmit_list}] = ${primitive.list.id};`);
        break;
      case 'recirculate':
        source.line(`u[${Register.recirculate_list}] = ${primitive.list.id};`);
        break;
      case 'assert': {
        source.open(`if (!${context.isNotZero(primitive.condition)})`);
        source.line(`u[${Register.abandoned}] = 1;`);
        source.line(`rt.log('error', ${literal(primitive.message)}, []);`);
        source.close();
        break;
      }
      case 'log': {
        const values = primitive.values.map((v) => context.value(v).code);
        source.line(`rt.log('info', ${literal(primitive.format)}, [${values.join(', ')}]);`);
        break;
      }
      case 'nothing':
        break;
    }
  }

  /** target = value, cut to the field's width; or clamped, where the field saturates. */
  assign(target: FieldRef, given: Value): void {
    const { index } = this.context.field(target);
    const { saturating, signed, width } = target.field;
    const value = saturating ? cast(signed ? 'sat_cast' : 'usat_cast', given, width) : given;
    const mark = this.context.markChanged(target.header);
    this.source.line(`${store('u', index, target.field.width, value)}${mark}`);
  }

  private assignVarbit(target: FieldRef, from: FieldRef): void {
    const { context, source } = this;
    const to = context.field(target);
    const [to_bits, from_bits] = [target, from].map(
      (ref) => `u[${plus(context.address(ref.header), VARBIT_BITS)}]`,
    );
    source.line(`rt.copyLimbs(u, ${to.index}, ${context.field(from).index}, ${to.layout.limbs});`);
    source.line(`${to_bits} = ${from_bits};${context.markChanged(target.header)}`);
  }

  private assignHeader(to: HeaderRef, from: HeaderRef): void {
    const { context, source } = this;
    const [to_at, from_at] = [context.address(to), context.address(from)];
    if (!context.isMetadata(from)) source.open(`if (${context.validity(from)} !== 0)`);
    source.line(`rt.copyLimbs(u, ${to_at}, ${from_at}, ${context.layout.type(typeOf(to)).size});`);
    source.line(`${context.markValid(to)} u[${plus(to_at, POSITION)}] = 0;`);
    if (!context.isMetadata(from)) {
      source.turn('else');
      source.line(`u[${plus(to_at, VALID)}] = 0;`);
      source.close();
    }
  }

  private assignUnion(to: UnionRef, from: UnionRef): void {
    const { context, source } = this;
    const members = context.unionMembers(to);
    const size = members.reduce((sum, m) => sum + context.layout.type(typeOf(m)).size, 0);
    source.line(`rt.copyLimbs(u, ${context.unionAddress(to)}, ${context.unionAddress(from)}, ${size});`);
    for (const member of members) source.line(`u[${plus(context.address(member), POSITION)}] = 0;`);
  }

  private setValid(header: HeaderRef): void {
    const { context, source } = this;
    const layout = context.layout.type(typeOf(header));
    source.open(`if (${context.validity(header)} === 0)`);
    source.line(`rt.clearLimbs(u, ${context.address(header)}, ${layout.size});`);
    source.line(context.markValid(header));
    source.line(`u[${Register.packet_length}] += ${layout.fixed_bytes};`);
    source.close();
  }

  /** Outside the array a read leaves the target as it was and a write does nothing, as in BMv2. */
  private registerAccess(primitive: Extract<Primitive, { op: 'register_read' | 'register_write' }>): void {
    const { context, source } = this;
    const { array } = primitive;
    const { rows, limb } = context.cell(array, 'i');
    source.open('');
    source.line(`const i = ${arrayIndex(context.value(primitive.index))};`);
    source.open(`if (${isWithin(context.value(primitive.index), array.size)})`);
    if (primitive.op === 'register_read')
      this.assign(primitive.target, stored(rows, limb, array.width, false));
    else source.line(store(rows, limb, array.width, context.value(primitive.value)));
    source.close();
    source.close();
  }

  /** target = base + hash % size; a size of 0 counts as 1. */
  private hash(primitive: Extract<Primitive, { op: 'hash' }>): void {
    const { context } = this;
    const { calculation } = primitive;
    const max = hashMax(calculation.algorithm);
    const call = `${context.name('calculate', calculation)}(cursor, end)`;
    const hash = max <= 0xffffffffn ? numeric(call, max) : bigResult(`BigInt(${call})`, max);
    let size = context.value(primitive.size);
    if (size.constant === undefined)
      size = size.exact
        ? { ...numeric(`(${size.code} || 1)`, size.max) }
        : bigResult(`(${size.code} || 1n)`, size.max);
    const modulus = BigInt.asUintN(64, size.constant ?? 1n);
    const reduced =
      size.constant !== undefined && (modulus === 0n ? 1n : modulus) > max
        ? hash
        : size.constant !== undefined && modulus <= 1n
          ? numeric('0', 0n)
          : arithmetic('%', hash, size);
    this.assign(primitive.target, arithmetic('+', reduced, context.value(primitive.base)));
  }
}
