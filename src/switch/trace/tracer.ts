import type { ActionCall, MatchValue } from '../engine';
import type { Action, Table } from '../program/model';
import { limbCount, readLimbs } from '../runtime/limbs';
import type { ProfileStore } from '../tables/profile_store';
import type { MatchTable } from '../tables/table';
import type { PacketTrace, TraceAction, TraceEntry, TraceFilter, TraceStep } from './trace';

/** A parser may loop tens of thousands of times. */
const STEPS_MAX = 4096;
const FRAME_BYTES_MAX = 128;

/**
 * Collects what the frame in hand goes through. Generated code of the traced variant calls it, and so does the
 * machine; while nothing is traced, neither has it.
 */
export class Tracer {
  private packets = 0;
  private current: PacketTrace | undefined;
  /** Where the frame that is parsed begins in the frame buffer. */
  private origin = 0;

  /** @param tables in the order generated code numbers them */
  constructor(
    private readonly filter: TraceFilter,
    private readonly tables: { table: MatchTable; profile: ProfileStore | undefined }[],
  ) {}

  get ended(): boolean {
    return this.filter.packets_max !== undefined && this.packets >= this.filter.packets_max;
  }

  wants(port: number): boolean {
    return !this.ended && (this.filter.port === undefined || this.filter.port === port);
  }

  begin(port: number, now_us: number, buffer: Uint8Array, start: number, end: number): void {
    const shown = buffer.subarray(start, Math.min(end, start + FRAME_BYTES_MAX));
    this.current = {
      packet: ++this.packets,
      time_us: Math.floor(now_us),
      port,
      length_bytes: end - start,
      frame: Buffer.from(shown).toString('hex'),
      steps: [],
    };
  }

  /** The trace of the frame that `begin` or `resume` was called for. */
  finish(): PacketTrace | undefined {
    const trace = this.current;
    this.current = undefined;
    return trace;
  }

  /** The trace that `finish` gave goes on. */
  resume(trace: PacketTrace): void {
    this.current = trace;
  }

  add(step: TraceStep): void {
    if (this.current === undefined || this.current.steps.length > STEPS_MAX) return;
    this.current.steps.push(this.current.steps.length === STEPS_MAX ? { step: 'cut' } : step);
  }

  // -- for generated code --

  parsing(start: number): void {
    this.origin = start;
  }

  state(state: string): void {
    this.add({ step: 'state', state });
  }

  extract(header: string, offset: number): void {
    this.add({ step: 'extract', header, offset_bytes: offset - this.origin });
  }

  branch(condition: string, line: string, taken: boolean): void {
    this.add({ step: 'branch', condition, taken, line });
  }

  call(action: string): void {
    this.add({ step: 'action', action });
  }

  statement(statement: string, line: string): void {
    this.add({ step: 'statement', statement, line });
  }

  /** @param row of the entry's action: in its profile, or the entry itself */
  table(index: number, entry: number, row: number): void {
    const found = this.tables[index];
    if (found === undefined) return;
    const { table, profile } = found;
    const call = profile === undefined ? directAction(table, entry) : profileAction(profile, row);
    this.add({
      step: 'table',
      table: table.program.name,
      key: keyOf(table),
      entry: entry === 0 ? undefined : describeEntry(table, entry),
      action: call === undefined ? undefined : describeAction(table.program, profile, call),
    });
  }
}

function directAction(table: MatchTable, entry: number): ActionCall | undefined {
  return table.actions.has(entry) ? (table.actions.get(entry) as ActionCall) : undefined;
}

function profileAction(profile: ProfileStore, row: number): ActionCall | undefined {
  return profile.rows.has(row) ? profile.rows.get(row) : undefined;
}

function describeAction(table: Table, profile: ProfileStore | undefined, call: ActionCall): TraceAction {
  const actions: Action[] = profile === undefined ? table.actions : (table.profile?.actions ?? []);
  const parameters = actions.find(({ name }) => name === call.name)?.parameters ?? [];
  return {
    name: call.name,
    args: call.args.map((value, i) => ({ name: parameters[i]?.name ?? `${i}`, value: hex(value) })),
  };
}

function keyOf(table: MatchTable): { name: string; value: string }[] {
  let at = 0;
  return table.program.keys.map(({ name, width }) => {
    const limbs = limbCount(width);
    const value = readLimbs(table.key, at, limbs);
    at += limbs;
    return { name, value: hex(value) };
  });
}

function describeEntry(table: MatchTable, entry: number): TraceEntry {
  const { match, priority } = table.entryAt(entry);
  return { match: match.map(describeMatch), priority };
}

function describeMatch(match: MatchValue): string {
  switch (match.kind) {
    case 'exact':
      return hex(match.value);
    case 'lpm':
      return `${hex(match.value)}/${match.prefix_length}`;
    case 'ternary':
      return match.mask === 0n ? '*' : `${hex(match.value)} &&& ${hex(match.mask)}`;
    case 'range':
      return `${hex(match.low)}..${hex(match.high)}`;
    case 'optional':
      return match.value === undefined ? '*' : hex(match.value);
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
