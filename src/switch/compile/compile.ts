import type { Counter } from '../externs/counter';
import { ALGORITHMS, CRC_TABLES, type HashFunction } from '../externs/hash';
import type { CustomCrc } from '../externs/custom_crc';
import type { MeterArray as MeterCells } from '../externs/meter';
import type { Register } from '../externs/register';
import { ProgramError } from '../program/error';
import type {
  ActionProfile,
  Calculation,
  CounterArray,
  MeterArray,
  Program,
  RegisterArray,
  Table,
  ValueSet,
} from '../program/model';
import * as limbs from '../runtime/limbs';
import * as packet from '../runtime/packet';
import type { ProfileStore } from '../tables/profile_store';
import type { MatchTable } from '../tables/table';
import type { ValueSetStore } from '../tables/value_set_store';
import type { Tracer } from '../trace/tracer';
import { writeAction } from './actions';
import { writeCalculation } from './calculations';
import { Context } from './context';
import { ControlWriter } from './controls';
import { DeparserWriter } from './deparser';
import { HeaderFunctions } from './headers';
import type { Layout } from './layout';
import { ParserWriter } from './parser';
import { PrimitiveWriter } from './primitives';
import { Source } from './source';
import { TraceCalls } from './trace_calls';

/** The stages of a program, all working on one packet state and one frame buffer. */
export interface Stages {
  /** Reads the headers of `b[start, end)`; returns where the payload starts. */
  parse(start: number, end: number): number;
  verify(cursor: number, end: number): void;
  ingress(cursor: number, end: number): void;
  egress(cursor: number, end: number): void;
  /** Puts the headers before the payload at `b[cursor]`; returns where the frame starts. */
  deparse(cursor: number, end: number): number;
}

/** What generated code works on. */
export interface Environment {
  /** The packet's state, laid out by Layout. */
  state: Uint32Array;
  /** The frame, with room before it. */
  frame: Uint8Array;
  tables: Map<Table, MatchTable>;
  profiles: Map<ActionProfile, ProfileStore>;
  value_sets: Map<ValueSet, ValueSetStore>;
  counters: Map<CounterArray, Counter>;
  meters: Map<MeterArray, MeterCells>;
  registers: Map<RegisterArray, Register>;
  /** By the name of the calculation. */
  custom_crcs: Map<string, CustomCrc>;
  random: { next(): number; between(low: bigint, high: bigint): bigint };
  log(level: 'info' | 'error', message: string): void;
}

/** Room for what a calculation hashes: a frame and every header once more. */
const HASH_INPUT_BYTES = 1 << 18;

/** The JavaScript of a program, as one function body that returns its stages; `traced` tells a tracer what it does. */
export function generate(program: Program, layout: Layout, drop_port: number, traced = false): string {
  const context = new Context(program, layout);
  // Functions are written as they are first called for, so they go to a text of their own.
  const functions = new Source();
  const headers = new HeaderFunctions(context, functions);
  const source = new Source();
  const primitives = new PrimitiveWriter(context, headers, source, drop_port);
  const trace = new TraceCalls(traced, source);

  const tables = [...program.ingress.tables.values(), ...program.egress.tables.values()];
  tables.forEach((table, i) => {
    source.line(`const ${context.name('table', table)} = tables[${i}];`);
    source.line(`const ${context.name('key', table)} = tables[${i}].key;`);
    source.line(`const ${context.name('lookup', table)} = tables[${i}].match_lookup;`);
    source.line(`const ${context.name('actions', table)} = tables[${i}].actions;`);
  });
  program.action_profiles.forEach((profile, i) => {
    source.line(`const ${context.name('profile', profile)} = profiles[${i}];`);
    source.line(`const ${context.name('rows', profile)} = profiles[${i}].rows;`);
  });
  program.value_sets.forEach((set, i) => {
    source.line(`const ${context.name('set', set)} = value_sets[${i}];`);
    source.line(`const ${context.name('set_key', set)} = value_sets[${i}].key;`);
  });
  program.counters.forEach((counter, i) => {
    if (counter.table === undefined)
      source.line(`const ${context.name('counter', counter)} = counters[${i}];`);
  });
  program.meters.forEach((meter, i) => {
    if (meter.result === undefined) source.line(`const ${context.name('meter', meter)} = meters[${i}];`);
  });
  program.registers.forEach((register, i) =>
    source.line(`const ${context.name('register', register)} = registers[${i}];`),
  );
  for (const calculation of calculationsOf(program)) writeCalculation(calculation, context, headers, source);
  for (const action of program.actions) writeAction(action, context, primitives, source, trace);
  new ParserWriter(context, headers, primitives, source, trace).write();
  new ControlWriter(program.ingress, context, primitives, source, trace, tables).write('ingress');
  new ControlWriter(program.egress, context, primitives, source, trace, tables).write('egress');
  new DeparserWriter(context, headers, primitives, source).write();
  return `'use strict';\n${functions.toString()}\n${source.toString()}\nreturn { parse, verify, ingress, egress, deparse };\n`;
}

/** Binds the code that `generate` made of a program to the memory it works on; `tracer` if it is the traced variant. */
export function bind(text: string, program: Program, env: Environment, tracer?: Tracer): Stages {
  const bytes = new Uint8Array(env.state.buffer, env.state.byteOffset, env.state.byteLength);
  const hash_input = new Uint8Array(HASH_INPUT_BYTES);
  const rt = {
    ...limbs,
    ...packet,
    random: (low: bigint, high: bigint) => env.random.between(low, high),
    log: (level: 'info' | 'error', format: string, values: (number | bigint)[]) =>
      env.log(level, formatMessage(format, values)),
    joinLimbs: (words: number[]) => words.reduce((value, word) => (value << 32n) | BigInt(word >>> 0), 0n),
    sameVarbit: (a: number, a_bits: number, b: number, b_bits: number) =>
      packet.sameVarbitBytes(env.state, bytes, a, a_bits, b, b_bits),
  };
  const hashes: Record<string, HashFunction> = { ...ALGORITHMS, random: () => env.random.next() };
  const tables = [...program.ingress.tables.values(), ...program.egress.tables.values()];
  const parameters = [
    'u',
    'b',
    'bv',
    'ub',
    'hb',
    'rt',
    'hashes',
    'crc_tables',
    'custom_crcs',
    'tables',
    'profiles',
    'value_sets',
    'counters',
    'meters',
    'registers',
    'none',
    'trace',
  ];
  let build: (...args: unknown[]) => Stages;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- compiling the program is what this module is for
    build = new Function(...parameters, text) as (...args: unknown[]) => Stages;
  } catch (error) {
    throw new ProgramError(`generated code is not valid: ${String(error)}`, '');
  }
  return build(
    env.state,
    env.frame,
    new DataView(env.frame.buffer, env.frame.byteOffset, env.frame.byteLength),
    bytes,
    hash_input,
    rt,
    hashes,
    CRC_TABLES,
    env.custom_crcs,
    tables.map((table) => env.tables.get(table)),
    program.action_profiles.map((profile) => env.profiles.get(profile)),
    program.value_sets.map((set) => env.value_sets.get(set)),
    program.counters.map((counter) => env.counters.get(counter)),
    program.meters.map((meter) => env.meters.get(meter)),
    program.registers.map((register) => env.registers.get(register)?.rows),
    new Uint32Array(1),
    tracer,
  );
}

/** Those that something computes. */
export function calculationsOf(program: Program): Set<Calculation> {
  const used = new Set(program.checksums.map((c) => c.calculation));
  for (const { selector } of program.action_profiles) if (selector !== undefined) used.add(selector);
  for (const action of program.actions)
    for (const { primitive } of action.primitives)
      if (primitive.op === 'hash') used.add(primitive.calculation);
  return used;
}

/** log_msg's format: each {} is replaced by the next value. */
function formatMessage(format: string, values: (number | bigint)[]): string {
  let i = 0;
  return format.replace(/\{[^}]*\}/g, (braces) => (i < values.length ? String(values[i++]) : braces));
}
