import type {
  Expression,
  HeaderRef,
  ParserOp,
  ParserState,
  Primitive,
  Transition,
  ValueSet,
} from '../program/model';
import { typeOf } from '../program/scope';
import type { Context } from './context';
import type { HeaderFunctions } from './headers';
import { Register } from './layout';
import type { PrimitiveWriter } from './primitives';
import type { Source } from './source';
import type { TraceCalls } from './trace_calls';
import { number } from './value';

/** States a packet may pass; a parser that loops without reading would never end (BMv2's does not). */
const STATES_MAX = 70000;

/** core.p4's errors, at their numbers where the JSON lists none. */
const CORE_ERRORS = [
  'NoError',
  'PacketTooShort',
  'NoMatch',
  'StackOutOfBounds',
  'HeaderTooShort',
  'ParserTimeout',
  'ParserInvalidArgument',
];

/**
 * Writes `parse(start, end)`: reads the headers of `b[start, end)` and returns where the payload starts. A parser
 * error ends it there, with the number of the error in its register.
 *
 * A state entered from one place only is written there; the others are cases of a switch.
 */
export class ParserWriter {
  private readonly cases = new Map<string, number>();

  constructor(
    private readonly context: Context,
    private readonly headers: HeaderFunctions,
    private readonly primitives: PrimitiveWriter,
    private readonly source: Source,
    private readonly trace: TraceCalls,
  ) {}

  write(): void {
    const { parser } = this.context.program;
    const { source } = this;
    source.open('function parse(start, end)');
    source.line('let o = start;');
    this.trace.parsing();
    if (parser.initial !== undefined) {
      this.findCases(parser.initial, parser.states);
      source.line('let state = 0;');
      source.open(`for (let budget = ${STATES_MAX}; budget > 0; budget--) switch (state)`);
      for (const [name, label] of this.cases) {
        source.open(`case ${label}:`, name);
        this.state(parser.states.get(name) as ParserState);
        source.close();
      }
      source.close();
      source.line(`u[${Register.abandoned}] = 1;`);
      source.line(`rt.log('error', 'the parser passed ${STATES_MAX} states: the packet is dropped', []);`);
    }
    source.line('return o;');
    source.close();
  }

  private findCases(initial: string, states: Map<string, ParserState>): void {
    const entries = new Map<string, number>();
    const queue = [initial];
    const seen = new Set(queue);
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      for (const { next } of states.get(name)?.transitions ?? []) {
        if (next === undefined) continue;
        entries.set(next, (entries.get(next) ?? 0) + 1);
        if (!seen.has(next)) queue.push(next);
        seen.add(next);
      }
    }
    this.cases.set(initial, 0);
    for (const [name, count] of entries)
      if (count > 1 && !this.cases.has(name)) this.cases.set(name, this.cases.size);
  }

  private goto(next: string | undefined): void {
    if (next === undefined) {
      this.source.line('return o;');
      return;
    }
    const label = this.cases.get(next);
    if (label !== undefined) {
      this.source.line(`state = ${label}; continue;`, next);
      return;
    }
    this.source.open('', next);
    this.state(this.context.program.parser.states.get(next) as ParserState);
    this.source.close();
  }

  private state(state: ParserState): void {
    this.trace.state(state.name);
    for (const { op } of state.ops) this.op(op);
    const key_limbs = state.keys.map((key, i) => this.key(key, i));
    for (const transition of state.transitions) {
      const condition = this.condition(transition, state, key_limbs);
      if (condition === undefined) {
        this.goto(transition.next);
        return;
      }
      this.source.open(`if (${condition})`);
      this.goto(transition.next);
      this.source.close();
    }
    this.source.line('return o;');
  }

  private key(key: { value: Expression; width: number }, index: number): string[] {
    this.guardLookahead(key.value);
    const value = this.context.value(key.value);
    const limbs = value.limbs ?? [value.low()];
    return limbs.map((code, limb) => {
      const name = `k${index}${limbs.length > 1 ? `_${limb}` : ''}`;
      this.source.line(`const ${name} = ${code};`);
      return name;
    });
  }

  /** undefined: always true. */
  private condition(transition: Transition, state: ParserState, keys: string[][]): string | undefined {
    if (transition.match === undefined) return undefined;
    if ('value_set' in transition.match) return this.inValueSet(transition.match.value_set, state, keys);
    const tests: string[] = [];
    transition.match.forEach(({ value, mask }, i) => {
      const width = state.keys[i]?.width ?? 0;
      const limbs = keys[i] ?? [];
      limbs.forEach((name, limb) => {
        const shift = BigInt(32 * (limbs.length - 1 - limb));
        const bits = limb === 0 ? width - 32 * (limbs.length - 1) : 32;
        const full = Number((1n << BigInt(bits)) - 1n);
        const m = Number((mask >> shift) & 0xffffffffn);
        const v = Number((value >> shift) & 0xffffffffn) & m;
        if ((m & full) >>> 0 === full)
          tests.push(`${signed(state, i) ? `(${name} & ${full}) >>> 0` : name} === ${v >>> 0}`);
        else if (m !== 0) tests.push(`(${name} & ${m}) >>> 0 === ${v >>> 0}`);
      });
    });
    return tests.length === 0 ? undefined : tests.join(' && ');
  }

  /** One expression, so that it stands where any condition does. */
  private inValueSet(set: ValueSet, state: ParserState, keys: string[][]): string {
    const key = this.context.name('set_key', set);
    let at = 0;
    const steps = keys.flatMap((limbs, i) => {
      const width = state.keys[i]?.width ?? 0;
      return limbs.map((name, limb) => {
        const bits = limb === 0 ? width - 32 * (limbs.length - 1) : 32;
        const cut = signed(state, i) ? ` & ${(1n << BigInt(bits)) - 1n}` : '';
        return `${key}[${at++}] = ${name}${cut}`;
      });
    });
    return `(${[...steps, `${this.context.name('set', set)}.has()`].join(', ')})`;
  }

  private op(op: ParserOp): void {
    const { context, source } = this;
    switch (op.op) {
      case 'extract':
        this.extract(op.header, op.length_bits, '');
        break;
      case 'extract_next': {
        const { next, depth } = context.layout.stack(op.stack);
        this.failIf(`u[${next}] >= ${depth}`, 'StackOutOfBounds');
        this.extract(
          {
            kind: 'stack_element',
            stack: op.stack,
            index: { kind: 'stack_size', stack: op.stack, minus: 0 },
          },
          op.length_bits,
          ` u[${next}]++;`,
        );
        break;
      }
      case 'extract_next_union': {
        const { next, depth } = context.layout.stack(op.stack);
        this.failIf(`u[${next}] >= ${depth}`, 'StackOutOfBounds');
        const index: Expression = { kind: 'stack_size', stack: op.stack, minus: 0 };
        const union = { kind: 'union_stack_element', stack: op.stack, index } as const;
        this.extract({ kind: 'union_member', union, member: op.member }, op.length_bits, ` u[${next}]++;`);
        break;
      }
      case 'primitive':
        this.primitive(op.primitive);
        break;
      case 'verify':
        source.open(`if (!(${context.test(op.condition)}))`);
        source.line(`u[${Register.parser_error}] = ${number(context.value(op.error))};`);
        source.line('return o;');
        source.close();
        break;
      case 'advance': {
        const bits = number(context.value(op.bits));
        source.open('');
        source.line(`const bits = ${bits};`);
        this.failIf('bits % 8 !== 0', 'ParserInvalidArgument');
        this.failIf('end - o < bits / 8', 'PacketTooShort');
        source.line('o += bits / 8;');
        source.close();
        break;
      }
    }
  }

  private extract(header: HeaderRef, length: Expression | undefined, after: string): void {
    const { context, source } = this;
    const layout = context.layout.type(typeOf(header));
    if (layout.varbit === undefined || length === undefined) {
      this.failIf(`end - o < ${layout.fixed_bytes}`, 'PacketTooShort');
      this.trace.extract(header);
      source.line(this.headers.extractCall(header, undefined));
      source.line(`${context.markValid(header)}${after} o += ${layout.fixed_bytes};`);
      return;
    }
    source.open('');
    source.line(`const bits = ${number(context.value(length))};`);
    this.failIf('bits % 8 !== 0', 'ParserInvalidArgument');
    this.failIf(`end - o < ${layout.fixed_bytes} + bits / 8`, 'PacketTooShort');
    this.failIf(`bits > ${layout.varbit.field.width} || bits < 0`, 'HeaderTooShort');
    this.trace.extract(header);
    source.line(this.headers.extractCall(header, 'bits'));
    source.line(`${context.markValid(header)}${after} o += ${layout.fixed_bytes} + bits / 8;`);
    source.close();
  }

  private primitive(primitive: Primitive): void {
    if (primitive.op === 'assign') this.guardLookahead(primitive.value);
    this.primitives.write(primitive);
  }

  /** A lookahead beyond the packet is an error before anything is read. */
  private guardLookahead(e: Expression): void {
    const bits = lookaheadBits(e);
    if (bits > 0) this.failIf(`end - o < ${Math.ceil(bits / 8)}`, 'PacketTooShort');
  }

  private failIf(condition: string, error: string): void {
    const code = this.context.program.errors.get(error) ?? CORE_ERRORS.indexOf(error);
    this.source.line(`if (${condition}) { u[${Register.parser_error}] = ${code}; return o; }`);
  }
}

function signed(state: ParserState, key: number): boolean {
  const value = state.keys[key]?.value;
  return value?.kind === 'field' && value.field.signed;
}

/** How far from the cursor the expression reads, at most. */
function lookaheadBits(e: Expression): number {
  switch (e.kind) {
    case 'lookahead':
      return e.offset_bits + e.width;
    case 'arithmetic':
      return Math.max(lookaheadBits(e.left), lookaheadBits(e.right));
    case 'cast':
    case 'complement':
      return lookaheadBits(e.value);
    case 'select':
      return Math.max(lookaheadBits(e.then), lookaheadBits(e.otherwise));
    default:
      return 0;
  }
}
