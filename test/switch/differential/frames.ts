import type {
  Expression,
  FieldRef,
  Field,
  HeaderType,
  ParserOp,
  Program,
} from '../../../src/switch/program/model';
import { typeOf } from '../../../src/switch/program/scope';
import { Draws, type Draw } from './draws';
import type { Values } from './values';

/** An Ethernet interface sends nothing shorter. */
export const FRAME_BYTES_MIN = 14;
const STATES_MAX = 12;
const PAYLOAD_BYTES_MAX = 24;

export interface TestFrame {
  port: number;
  bytes: Buffer;
}

/** A frame along some path of the program's parser, perhaps cut short. */
export function buildFrame(
  program: Program,
  values: Values,
  ports: readonly number[],
  given: Draw,
  bytes_min = FRAME_BYTES_MIN,
): TestFrame {
  const draws = new Draws(given);
  const port = draws.pick(ports);
  const cut = draws.once(6);
  const walk = new Walk(program, values, draws);
  walk.run();
  let bytes = walk.bytes();
  if (cut) bytes = bytes.subarray(0, draws.below(bytes.length + 1));
  return {
    port,
    bytes: Buffer.concat([bytes, Buffer.alloc(Math.max(0, bytes_min - bytes.length), 0xa5)]),
  };
}

/** Walks the parser and writes what it would read; what transitions ask for is put in afterwards. */
class Walk {
  private readonly bits: number[] = [];
  private readonly asked = new Map<number, number>();
  /** Where each field of the header last read by that name lies. */
  private readonly places = new Map<string, { type: HeaderType; at: Map<Field, number> }>();

  constructor(
    private readonly program: Program,
    private readonly values: Values,
    private readonly draws: Draws,
  ) {}

  run(): void {
    const { parser } = this.program;
    let name = parser.initial;
    for (let i = 0; name !== undefined && i < STATES_MAX; i++) {
      const state = parser.states.get(name);
      if (state === undefined) break;
      for (const { op } of state.ops) this.op(op);
      const transition = state.transitions[this.draws.below(Math.max(1, state.transitions.length))];
      const match = transition?.match;
      if (Array.isArray(match))
        match.forEach((wanted, k) => this.ask(state.keys[k]?.value, wanted, state.keys[k]?.width ?? 0));
      name = transition?.next;
    }
    const payload = this.draws.below(PAYLOAD_BYTES_MAX);
    for (let i = 0; i < payload; i++) this.push(BigInt(this.draws.below(256)), 8);
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.bits.length / 8));
    this.bits.forEach((bit, i) => {
      const value = this.asked.get(i) ?? bit;
      bytes[i >> 3] = (bytes[i >> 3] as number) | (value << (7 - (i & 7)));
    });
    return bytes;
  }

  private op(op: ParserOp): void {
    switch (op.op) {
      case 'extract':
        this.header(nameOf(op.header), typeOf(op.header));
        break;
      case 'extract_next':
        this.header(op.stack.name, op.stack.type);
        break;
      case 'extract_next_union': {
        const member = op.stack.unions[0]?.members[op.member];
        if (member !== undefined) this.header(`${op.stack.name}.${member.name}`, member.header.type);
        break;
      }
      case 'advance':
        this.push(0n, op.bits.kind === 'constant' ? Number(op.bits.value) : 8 * this.draws.below(4));
        break;
      default:
        break;
    }
  }

  private header(name: string, type: HeaderType): void {
    const at = new Map<Field, number>();
    for (const field of type.fields) {
      at.set(field, this.bits.length);
      if (field.varbit) {
        const length = 8 * this.draws.below(Math.min(8, field.width / 8 + 1));
        this.push(this.draws.bits(length), length);
      } else this.push(this.values.draw(this.draws, field.width), field.width);
    }
    this.places.set(name, { type, at });
  }

  private ask(
    key: Expression | undefined,
    { value, mask }: { value: bigint; mask: bigint },
    width: number,
  ): void {
    const start =
      key?.kind === 'field'
        ? this.placeOf(key)
        : key?.kind === 'lookahead'
          ? this.bits.length + key.offset_bits
          : undefined;
    if (start === undefined) return;
    for (let i = 0; i < width; i++) {
      const shift = BigInt(width - 1 - i);
      if (((mask >> shift) & 1n) === 1n) this.asked.set(start + i, Number((value >> shift) & 1n));
    }
  }

  private placeOf({ header, field }: FieldRef): number | undefined {
    return this.places.get(nameOf(header))?.at.get(field);
  }

  private push(value: bigint, width: number): void {
    for (let i = width - 1; i >= 0; i--) this.bits.push(Number((value >> BigInt(i)) & 1n));
  }
}

function nameOf(header: FieldRef['header']): string {
  switch (header.kind) {
    case 'header':
      return header.header.name;
    case 'stack_element':
    case 'stack_last':
      return header.stack.name;
    case 'union_member': {
      const { union, member } = header;
      if (union.kind === 'union') return union.union.members[member]?.header.name ?? '';
      return `${union.stack.name}.${union.stack.unions[0]?.members[member]?.name ?? ''}`;
    }
  }
}
