/**
 * A v1model program as read from p4c's BMv2 JSON: every reference resolved, nothing yet compiled.
 *
 * Names are the JSON's, which are P4Info's fully qualified names for whatever the control plane sees.
 */
import type { SourceInfo } from './error';

export interface Field {
  name: string;
  /** Bits; for a varbit the most it can hold. */
  width: number;
  signed: boolean;
  varbit: boolean;
  /** Assignments clamp to what fits instead of wrapping. */
  saturating: boolean;
}

export interface HeaderType {
  name: string;
  fields: Field[];
}

export interface Header {
  name: string;
  id: number;
  type: HeaderType;
  metadata: boolean;
}

export interface HeaderStack {
  name: string;
  type: HeaderType;
  headers: Header[];
}

export interface HeaderUnion {
  name: string;
  id: number;
  members: { name: string; header: Header }[];
}

export interface HeaderUnionStack {
  name: string;
  unions: HeaderUnion[];
}

/** Something that denotes one header instance at run time. */
export type HeaderRef =
  | { kind: 'header'; header: Header }
  | { kind: 'stack_element'; stack: HeaderStack; index: Expression }
  | { kind: 'stack_last'; stack: HeaderStack }
  | { kind: 'union_member'; union: UnionRef; member: number };

export type UnionRef =
  | { kind: 'union'; union: HeaderUnion }
  | { kind: 'union_stack_element'; stack: HeaderUnionStack; index: Expression }
  | { kind: 'union_stack_last'; stack: HeaderUnionStack };

/** Something that can be assigned to. */
export interface FieldRef {
  kind: 'field';
  header: HeaderRef;
  field: Field;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type CastOp = 'two_comp_mod' | 'usat_cast' | 'sat_cast';
export type CompareOp = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Data (integers of unbounded precision, cut to width when stored) and booleans. */
export type Expression =
  | { kind: 'constant'; value: bigint }
  | FieldRef
  | { kind: 'validity'; header: HeaderRef }
  | { kind: 'argument'; index: number }
  | { kind: 'register'; array: RegisterArray; index: Expression }
  | { kind: 'lookahead'; offset_bits: number; width: number }
  | { kind: 'arithmetic'; op: ArithmeticOp; left: Expression; right: Expression }
  | { kind: 'cast'; op: CastOp; value: Expression; width: number }
  | { kind: 'complement'; value: Expression }
  | { kind: 'stack_size'; stack: HeaderStack | HeaderUnionStack; minus: 0 | 1 }
  | { kind: 'select'; condition: BooleanExpression; then: Expression; otherwise: Expression }
  | { kind: 'from_boolean'; value: BooleanExpression };

export type BooleanExpression =
  | { kind: 'boolean'; value: boolean }
  | { kind: 'compare'; op: CompareOp; left: Expression; right: Expression }
  | { kind: 'compare_boolean'; equal: boolean; left: BooleanExpression; right: BooleanExpression }
  | { kind: 'compare_header'; equal: boolean; left: HeaderRef; right: HeaderRef }
  | { kind: 'compare_union'; equal: boolean; left: UnionRef; right: UnionRef }
  | { kind: 'logic'; op: 'and' | 'or'; left: BooleanExpression; right: BooleanExpression }
  | { kind: 'not'; value: BooleanExpression }
  | { kind: 'valid'; header: HeaderRef }
  | { kind: 'valid_union'; union: UnionRef }
  | { kind: 'select'; condition: BooleanExpression; then: BooleanExpression; otherwise: BooleanExpression }
  | { kind: 'to_boolean'; value: Expression };

export interface CounterArray {
  name: string;
  size: number;
  /** The table it belongs to, for a direct counter. */
  table: string | undefined;
}

export interface MeterArray {
  name: string;
  /** Cells; for a direct meter as many as its table has entries. */
  size: number;
  unit: 'packets' | 'bytes';
  /** Where a direct meter's colour goes when an entry is hit; undefined: an indirect meter. */
  result: FieldRef | undefined;
}

export interface RegisterArray {
  name: string;
  size: number;
  width: number;
}

export type CalculationInput =
  | { kind: 'field'; field: FieldRef }
  | { kind: 'constant'; value: bigint; width: number }
  | { kind: 'header'; header: Header }
  | { kind: 'payload' };

export interface Calculation {
  name: string;
  algorithm: string;
  inputs: CalculationInput[];
  source: SourceInfo | undefined;
}

export interface Checksum {
  name: string;
  target: FieldRef;
  calculation: Calculation;
  update: boolean;
  verify: boolean;
  condition: BooleanExpression | undefined;
}

/** Actions that entries of several tables can share; with a selector also groups to choose from. */
export interface ActionProfile {
  name: string;
  /** 0: no limit. */
  max_size: number;
  /** What a member of a group is chosen by. */
  selector: Calculation | undefined;
  /** One for each name that any of its tables has. */
  actions: Action[];
}

/** Values a parser's select compares with, which the control plane gives. */
export interface ValueSet {
  name: string;
  max_size: number;
  /** Bits in all. */
  width: number;
  /** Bits of each field; undefined where no state uses the set. */
  field_widths: number[] | undefined;
}

/** For clone, resubmit and recirculate: what survives. For a digest: what is sent. */
export interface FieldList {
  name: string;
  id: number;
  elements: ({ kind: 'constant'; value: bigint } | FieldRef)[];
}

export type Primitive =
  | { op: 'assign'; target: FieldRef; value: Expression }
  | { op: 'assign_varbit'; target: FieldRef; source_field: FieldRef }
  | { op: 'assign_header'; target: HeaderRef; source_header: HeaderRef }
  | { op: 'assign_union'; target: UnionRef; source_union: UnionRef }
  | { op: 'assign_stack'; target: HeaderStack; source_stack: HeaderStack }
  | { op: 'assign_union_stack'; target: HeaderUnionStack; source_stack: HeaderUnionStack }
  | { op: 'set_valid' | 'set_invalid'; header: HeaderRef }
  | { op: 'push' | 'pop'; stack: HeaderStack | HeaderUnionStack; count: number }
  | { op: 'jump'; target: number }
  | { op: 'jump_if_zero'; condition: Expression; target: number }
  | { op: 'exit' }
  /** `metadata`: whose egress_spec and mcast_grp; p4c may pass a copy of the standard metadata. */
  | { op: 'drop'; metadata: Header }
  | { op: 'truncate'; length: Expression }
  | { op: 'count'; counter: CounterArray; index: Expression }
  | { op: 'execute_meter'; meter: MeterArray; index: Expression; target: FieldRef }
  | { op: 'register_read'; target: FieldRef; array: RegisterArray; index: Expression }
  | { op: 'register_write'; array: RegisterArray; index: Expression; value: Expression }
  | { op: 'hash'; target: FieldRef; base: Expression; calculation: Calculation; size: Expression }
  | { op: 'random'; target: FieldRef; low: Expression; high: Expression }
  | { op: 'digest'; list: FieldList }
  | { op: 'clone'; session: Expression; list: FieldList | undefined }
  | { op: 'resubmit' | 'recirculate'; list: FieldList }
  | { op: 'assert'; condition: Expression; message: string }
  | { op: 'log'; format: string; values: Expression[] }
  | { op: 'nothing' };

export interface Action {
  name: string;
  id: number;
  parameters: { name: string; width: number }[];
  primitives: { primitive: Primitive; source: SourceInfo | undefined }[];
}

export type ParserOp =
  | { op: 'extract'; header: HeaderRef; length_bits: Expression | undefined }
  | { op: 'extract_next'; stack: HeaderStack; length_bits: Expression | undefined }
  | {
      op: 'extract_next_union';
      stack: HeaderUnionStack;
      member: number;
      length_bits: Expression | undefined;
    }
  | { op: 'primitive'; primitive: Primitive }
  | { op: 'verify'; condition: BooleanExpression; error: Expression }
  | { op: 'advance'; bits: Expression };

export interface Transition {
  /** One value and mask for each key, or a value set; undefined: whatever the key. */
  match: { value: bigint; mask: bigint }[] | { value_set: ValueSet } | undefined;
  /** undefined: the parser ends. */
  next: string | undefined;
}

export interface ParserState {
  name: string;
  ops: { op: ParserOp; source: SourceInfo | undefined }[];
  keys: { value: Expression; width: number }[];
  transitions: Transition[];
}

export interface Parser {
  initial: string | undefined;
  states: Map<string, ParserState>;
}

export type KeyKind = 'exact' | 'lpm' | 'ternary' | 'range';

export interface TableKey {
  name: string;
  kind: KeyKind;
  value: Expression;
  width: number;
  /** Applied to the value before it is looked up. */
  mask: bigint | undefined;
}

export interface ConstEntry {
  /** One for each key, in the shape of its kind. */
  match: { value: bigint; mask_or_high: bigint; prefix_length: number }[];
  priority: number;
  action: Action;
  args: bigint[];
}

export interface Table {
  name: string;
  keys: TableKey[];
  max_size: number;
  with_counters: boolean;
  counter_name: string | undefined;
  direct_meter: MeterArray | undefined;
  support_timeout: boolean;
  actions: Action[];
  /** Where the actions of its entries are; undefined: in the table. */
  profile: ActionProfile | undefined;
  /** What runs next: by action name, or by hit or miss. */
  next: Map<string, string | undefined>;
  next_hit: { node: string | undefined } | undefined;
  next_miss: { node: string | undefined } | undefined;
  base_next: string | undefined;
  default_entry: { action: Action; args: bigint[]; is_const: boolean } | undefined;
  /** Present: the table cannot be written. */
  const_entries: ConstEntry[] | undefined;
  source: SourceInfo | undefined;
}

export interface Conditional {
  name: string;
  condition: BooleanExpression;
  when_true: string | undefined;
  when_false: string | undefined;
  source: SourceInfo | undefined;
}

export interface ActionCallNode {
  name: string;
  action: Action;
  next: string | undefined;
}

export interface Pipeline {
  name: string;
  initial: string | undefined;
  tables: Map<string, Table>;
  conditionals: Map<string, Conditional>;
  action_calls: Map<string, ActionCallNode>;
}

export interface Program {
  headers: Header[];
  stacks: HeaderStack[];
  unions: HeaderUnion[];
  union_stacks: HeaderUnionStack[];
  errors: Map<string, number>;
  parser: Parser;
  ingress: Pipeline;
  egress: Pipeline;
  /** Run between the update of checksums and the writing of headers. */
  deparser_primitives: { primitive: Primitive; source: SourceInfo | undefined }[];
  deparser: Header[];
  actions: Action[];
  counters: CounterArray[];
  meters: MeterArray[];
  registers: RegisterArray[];
  action_profiles: ActionProfile[];
  value_sets: ValueSet[];
  checksums: Checksum[];
  field_lists: Map<number, FieldList>;
  digests: Map<number, FieldList>;
  /** BMv2's own names for metadata fields ("intrinsic_metadata.mcast_grp") to the program's. */
  aliases: Map<string, FieldRef>;
}
