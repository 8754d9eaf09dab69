import { ExpressionLoader } from './expressions';
import type { JsonNode } from './json';
import type { Expression, HeaderRef, Parser, ParserOp, ParserState, Transition, ValueSet } from './model';
import { loadPrimitive } from './primitives';
import { type Scope, typeOf } from './scope';

/** Of stack.lastIndex (P4_16, "Operations on header stacks"). */
const INDEX_BITS = 32;

export function loadParser(at: JsonNode, scope: Scope): Parser {
  const states = new Map<string, ParserState>();
  for (const state of at.get('parse_states').items()) {
    const name = state.get('name').string();
    if (states.has(name)) state.fail(`a second parser state is named "${name}"`);
    states.set(name, loadState(state, name, scope));
  }
  for (const state of at.get('parse_states').items()) {
    for (const transition of state.get('transitions').items()) {
      const next = transition.find('next_state');
      if (next !== undefined && !states.has(next.string()))
        next.fail(`there is no parser state named "${next.string()}"`);
    }
  }
  const initial = at.find('init_state')?.string();
  if (initial !== undefined && !states.has(initial))
    at.get('init_state').fail(`there is no parser state named "${initial}"`);
  return { initial, states };
}

function loadState(at: JsonNode, name: string, scope: Scope): ParserState {
  const expressions = new ExpressionLoader(scope);
  const ops = at
    .itemsOf('parser_ops')
    .flatMap((op) => loadOps(op, scope, expressions).map((o) => ({ op: o, source: op.source() })));
  const keys = at.itemsOf('transition_key').map((key) => {
    const value = expressions.data(key);
    if (value.kind === 'field') return { value, width: value.field.width };
    if (value.kind === 'lookahead') return { value, width: value.width };
    if (value.kind === 'validity') return { value, width: 1 };
    if (value.kind === 'stack_size') return { value: asUnsigned(value, INDEX_BITS), width: INDEX_BITS };
    return key.fail(`state "${name}": a transition key must be a field, a lookahead or an index`);
  });
  const transitions = at.itemsOf('transitions').map((t) => loadTransition(t, keys, scope));
  return { name, ops, keys, transitions };
}

/** The last index of an empty stack is -1, in as many bits. */
function asUnsigned(value: Expression, width: number): Expression {
  return { kind: 'cast', op: 'two_comp_mod', value, width };
}

function loadOps(at: JsonNode, scope: Scope, expressions: ExpressionLoader): ParserOp[] {
  const op = at.get('op').string();
  const parameters = at.itemsOf('parameters');
  const parameter = (i: number): JsonNode =>
    parameters[i] ?? at.fail(`parser operation "${op}" has ${parameters.length} parameters, none at ${i}`);
  switch (op) {
    case 'extract':
    case 'extract_VL':
      return [loadExtract(parameter(0), op === 'extract_VL' ? parameter(1) : undefined, scope, expressions)];
    case 'set':
      return [{ op: 'primitive', primitive: loadPrimitive(at, scope, expressions) }];
    case 'verify':
      return [
        {
          op: 'verify',
          condition: expressions.boolean(parameter(0)),
          error: expressions.data(parameter(1)),
        },
      ];
    case 'advance':
      return [{ op: 'advance', bits: expressions.data(parameter(0)) }];
    case 'shift': {
      const bytes = parameter(0).isObject() ? expressions.data(parameter(0)) : undefined;
      if (bytes !== undefined && bytes.kind !== 'constant') return at.fail('shift takes a constant');
      const bits = BigInt(bytes === undefined ? parameter(0).integer() : Number(bytes.value)) * 8n;
      return [{ op: 'advance', bits: { kind: 'constant', value: bits } }];
    }
    case 'primitive':
      return parameters.map((call) => ({
        op: 'primitive',
        primitive: loadPrimitive(call, scope, expressions),
      }));
    default:
      return at.fail(`parser operation "${op}" is not supported`);
  }
}

function loadExtract(
  at: JsonNode,
  length: JsonNode | undefined,
  scope: Scope,
  expressions: ExpressionLoader,
): ParserOp {
  const kind = at.get('type').string();
  const value = at.get('value');
  const length_bits = length === undefined ? undefined : expressions.data(length);
  switch (kind) {
    case 'regular': {
      // A header's name, or (as p4c writes stack[i] with a computed i) an expression.
      const header: HeaderRef = value.isObject()
        ? expressions.header(value.has('op') ? at : value)
        : { kind: 'header', header: scope.headers.resolve(value) };
      if (length === undefined && typeOf(header).fields.some((f) => f.varbit))
        at.fail(`a header with a varbit field is extracted without a length`);
      return { op: 'extract', header, length_bits };
    }
    case 'stack':
      return { op: 'extract_next', stack: scope.stacks.resolve(value), length_bits };
    case 'union_stack': {
      const stack = scope.union_stacks.resolve(value.item(0));
      const name = value.item(1).string();
      const member = stack.unions[0]?.members.findIndex((m) => m.name === name) ?? -1;
      if (member < 0) value.fail(`the union has no member "${name}"`);
      return { op: 'extract_next_union', stack, member, length_bits };
    }
    default:
      return at.fail(`extracting to a "${kind}" is not supported`);
  }
}

/** Values and masks are the concatenation of the keys, each padded to bytes. */
function loadTransition(at: JsonNode, keys: { width: number }[], scope: Scope): Transition {
  const type = at.get('type').string();
  const next = at.find('next_state')?.string();
  switch (type) {
    case 'default':
      return { match: undefined, next };
    case 'hexstr': {
      let value = at.get('value').hex();
      let mask = at.find('mask')?.hex();
      const match: { value: bigint; mask: bigint }[] = [];
      for (const { width } of [...keys].reverse()) {
        const padded = BigInt(Math.ceil(width / 8) * 8);
        match.unshift({
          value: BigInt.asUintN(Number(padded), value),
          mask: mask === undefined ? (1n << padded) - 1n : BigInt.asUintN(Number(padded), mask),
        });
        value >>= padded;
        if (mask !== undefined) mask >>= padded;
      }
      if (value !== 0n) at.fail('the value is wider than the transition key');
      return { match, next };
    }
    case 'parse_vset':
      return { match: { value_set: useValueSet(at, keys, scope) }, next };
    default:
      return at.fail(`a transition of type "${type}" is not supported`);
  }
}

export function loadValueSet(at: JsonNode, scope: Scope): void {
  const name = at.get('name').string();
  const width = at.get('compressed_bitwidth').integer();
  const max_size = at.find('max_size')?.integer() ?? 0;
  scope.value_sets.add(name, { name, max_size, width, field_widths: undefined }, at);
}

/** The set has no fields of its own: they are the keys of the states that use it. */
function useValueSet(at: JsonNode, keys: { width: number }[], scope: Scope): ValueSet {
  const set = scope.value_sets.resolve(at.get('value'));
  if (at.has('mask')) at.get('mask').fail(`a masked parser value set is not supported`);
  const widths = keys.map(({ width }) => width);
  const bits = widths.reduce((sum, width) => sum + width, 0);
  if (bits !== set.width)
    at.fail(`parser value set "${set.name}" is of ${set.width} bits, the transition key of ${bits}`);
  if (set.field_widths !== undefined && set.field_widths.join() !== widths.join())
    at.fail(`parser value set "${set.name}" is used with keys of different widths`);
  set.field_widths = widths;
  return set;
}
