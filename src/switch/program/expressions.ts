import type { JsonNode } from './json';
import type {
  ArithmeticOp,
  BooleanExpression,
  CastOp,
  CompareOp,
  Expression,
  FieldRef,
  HeaderRef,
  HeaderStack,
  HeaderUnionStack,
  UnionRef,
} from './model';
import type { Scope } from './scope';

/** What a type-value object can denote. */
export type Operand =
  | { sort: 'data'; data: Expression }
  | { sort: 'boolean'; boolean: BooleanExpression }
  | { sort: 'header'; header: HeaderRef }
  | { sort: 'stack'; stack: HeaderStack }
  | { sort: 'union'; union: UnionRef }
  | { sort: 'union_stack'; stack: HeaderUnionStack };

const ARITHMETIC = new Set<string>(['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>']);
const COMPARE = new Set<string>(['==', '!=', '<', '<=', '>', '>=']);
const CASTS = new Set<string>(['two_comp_mod', 'usat_cast', 'sat_cast']);

const data = (expression: Expression): Operand => ({ sort: 'data', data: expression });
const boolean = (expression: BooleanExpression): Operand => ({ sort: 'boolean', boolean: expression });

/** Reads "type value objects" and the expressions made of them. */
export class ExpressionLoader {
  /** `parameter_count`: how many arguments `local` and `runtime_data` may name. */
  constructor(
    private readonly scope: Scope,
    private readonly parameter_count = 0,
  ) {}

  data(at: JsonNode): Expression {
    const operand = this.operand(at);
    if (operand.sort === 'data') return operand.data;
    if (operand.sort === 'boolean') return { kind: 'from_boolean', value: operand.boolean };
    return at.fail(`expected a value, found a ${operand.sort}`);
  }

  boolean(at: JsonNode): BooleanExpression {
    const operand = this.operand(at);
    if (operand.sort === 'boolean') return operand.boolean;
    if (operand.sort === 'data') return { kind: 'to_boolean', value: operand.data };
    return at.fail(`expected a condition, found a ${operand.sort}`);
  }

  header(at: JsonNode): HeaderRef {
    return this.asHeader(this.operand(at), at);
  }

  private asHeader(operand: Operand, at: JsonNode): HeaderRef {
    return operand.sort === 'header' ? operand.header : at.fail(`expected a header, found a ${operand.sort}`);
  }

  union(at: JsonNode): UnionRef {
    const operand = this.operand(at);
    return operand.sort === 'union' ? operand.union : at.fail(`expected a union, found a ${operand.sort}`);
  }

  stack(at: JsonNode): HeaderStack | HeaderUnionStack {
    const operand = this.operand(at);
    if (operand.sort === 'stack' || operand.sort === 'union_stack') return operand.stack;
    return at.fail(`expected a header stack, found a ${operand.sort}`);
  }

  /** Something that can be assigned to. */
  target(at: JsonNode): FieldRef {
    const expression = this.data(at);
    return expression.kind === 'field' ? expression : at.fail(`expected a field to assign to`);
  }

  operand(at: JsonNode): Operand {
    const type = at.get('type').string();
    if (type === 'expression') {
      const inner = at.get('value');
      return inner.has('type') ? this.operand(inner) : this.operation(inner);
    }
    const value = at.get('value');
    switch (type) {
      case 'field': {
        if (value.item(1).value === '$valid$') {
          // The header may be computed: stack[i].isValid().
          const named = value.item(0);
          const header: HeaderRef = named.isObject()
            ? this.asHeader(this.operation(named), named)
            : { kind: 'header', header: this.scope.headers.resolve(named) };
          return data({ kind: 'validity', header });
        }
        return data(this.scope.field(value));
      }
      case 'hexstr':
        return data({ kind: 'constant', value: value.hex() });
      case 'bool':
        return boolean({ kind: 'boolean', value: value.boolean() });
      case 'local':
      case 'runtime_data': {
        const index = value.integer();
        if (index < 0 || index >= this.parameter_count)
          return value.fail(`argument ${index} of an action that has ${this.parameter_count}`);
        return data({ kind: 'argument', index });
      }
      case 'header':
        return { sort: 'header', header: { kind: 'header', header: this.scope.headers.resolve(value) } };
      case 'header_stack':
        return { sort: 'stack', stack: this.scope.stacks.resolve(value) };
      case 'header_union':
        return { sort: 'union', union: { kind: 'union', union: this.scope.unions.resolve(value) } };
      case 'header_union_stack':
        return { sort: 'union_stack', stack: this.scope.union_stacks.resolve(value) };
      case 'stack_field': {
        const stack = this.scope.stacks.resolve(value.item(0));
        const header: HeaderRef = { kind: 'stack_last', stack };
        // p4c writes the whole header stack.last as a field of that name.
        if (value.item(1).value === 'last' && !stack.type.fields.some((f) => f.name === 'last'))
          return { sort: 'header', header };
        return data(this.scope.fieldOf(header, stack.type, value.item(1)));
      }
      case 'union_stack_field': {
        const stack = this.scope.union_stacks.resolve(value.item(0));
        const members = stack.unions[0]?.members ?? [];
        const name = value.item(1).string();
        const member = members.findIndex((m) => m.name === name);
        const found = members[member];
        if (found === undefined) return value.fail(`the union has no member "${name}"`);
        const header: HeaderRef = {
          kind: 'union_member',
          union: { kind: 'union_stack_last', stack },
          member,
        };
        return data(this.scope.fieldOf(header, found.header.type, value.item(2)));
      }
      case 'register': {
        const array = this.scope.registers.resolve(value.item(0));
        return data({ kind: 'register', array, index: this.data(value.item(1)) });
      }
      case 'lookahead':
        return data({
          kind: 'lookahead',
          offset_bits: value.item(0).integer(),
          width: value.item(1).integer(),
        });
      default:
        return at.fail(`a value of type "${type}" is not supported`);
    }
  }

  private operation(at: JsonNode): Operand {
    const op = at.get('op').string();
    const right = () => at.get('right');
    const left = () => at.get('left');
    if (ARITHMETIC.has(op)) {
      // Unary plus and minus have no left operand.
      const first: Expression = at.has('left') ? this.data(left()) : { kind: 'constant', value: 0n };
      return data({ kind: 'arithmetic', op: op as ArithmeticOp, left: first, right: this.data(right()) });
    }
    if (CASTS.has(op)) {
      const width = this.data(right());
      if (width.kind !== 'constant') return right().fail('expected a constant width');
      return data({ kind: 'cast', op: op as CastOp, value: this.data(left()), width: Number(width.value) });
    }
    if (COMPARE.has(op)) return boolean(this.comparison(op as CompareOp, left(), right()));
    switch (op) {
      case 'and':
      case 'or':
        return boolean({ kind: 'logic', op, left: this.boolean(left()), right: this.boolean(right()) });
      case 'not':
        return boolean({ kind: 'not', value: this.boolean(right()) });
      case '~':
        return data({ kind: 'complement', value: this.data(right()) });
      case 'd2b':
        return boolean({ kind: 'to_boolean', value: this.data(right()) });
      case 'b2d':
        return data({ kind: 'from_boolean', value: this.boolean(right()) });
      case 'valid':
        return boolean({ kind: 'valid', header: this.header(right()) });
      case 'valid_union':
        return boolean({ kind: 'valid_union', union: this.union(right()) });
      case '?':
        return this.choice(at);
      case 'dereference_header_stack': {
        const stack = this.stack(left());
        if ('type' in stack)
          return { sort: 'header', header: { kind: 'stack_element', stack, index: this.data(right()) } };
        return { sort: 'union', union: { kind: 'union_stack_element', stack, index: this.data(right()) } };
      }
      case 'dereference_union_stack': {
        const stack = this.stack(left());
        if ('type' in stack) return left().fail('expected a header union stack');
        return { sort: 'union', union: { kind: 'union_stack_element', stack, index: this.data(right()) } };
      }
      case 'last_stack_index':
      case 'size_stack': {
        // p4c puts the operand on the left, the format's description says unary: take either.
        const stack = this.stack(at.has('left') ? left() : right());
        return data({ kind: 'stack_size', stack, minus: op === 'last_stack_index' ? 1 : 0 });
      }
      case 'access_field':
        return data(this.scope.fieldAt(this.header(left()), right()));
      case 'access_union_header':
        return {
          sort: 'header',
          header: { kind: 'union_member', union: this.union(left()), member: right().integer() },
        };
      default:
        return at.fail(`operation "${op}" is not supported`);
    }
  }

  private comparison(op: CompareOp, left: JsonNode, right: JsonNode): BooleanExpression {
    const a = this.operand(left);
    const b = this.operand(right);
    const equal = op === '==';
    if (op === '==' || op === '!=') {
      if (a.sort === 'boolean' && b.sort === 'boolean')
        return { kind: 'compare_boolean', equal, left: a.boolean, right: b.boolean };
      if (a.sort === 'header' && b.sort === 'header')
        return { kind: 'compare_header', equal, left: a.header, right: b.header };
      if (a.sort === 'union' && b.sort === 'union')
        return { kind: 'compare_union', equal, left: a.union, right: b.union };
    }
    return { kind: 'compare', op, left: this.data(left), right: this.data(right) };
  }

  private choice(at: JsonNode): Operand {
    const condition = this.boolean(at.get('cond'));
    const then = this.operand(at.get('left'));
    if (then.sort === 'boolean')
      return boolean({
        kind: 'select',
        condition,
        then: then.boolean,
        otherwise: this.boolean(at.get('right')),
      });
    return data({
      kind: 'select',
      condition,
      then: this.data(at.get('left')),
      otherwise: this.data(at.get('right')),
    });
  }
}
