import { generate } from '../compile/compile';
import { Layout } from '../compile/layout';
import {
  type ActionCall,
  type CloneSession,
  type CounterValue,
  type CrcParameters,
  type Engine,
  EngineError,
  type EntryChange,
  type EngineEvents,
  type EngineOptions,
  type MeterConfig,
  type MeterState,
  type MatchValue,
  type ProfileGroup,
  type ProfileLimits,
  type ProfileMember,
  type RegisterCells,
  type Replica,
  type SavedEntry,
  type SavedMeter,
  type TableEntry,
  type OpenRead,
  type TableEntryState,
} from '../engine';
import type { Counter } from '../externs/counter';
import type { MeterArray } from '../externs/meter';
import type { Register } from '../externs/register';
import { loadProgram } from '../program/load';
import type { Program } from '../program/model';
import type { RowTable, RowWriter } from '../tables/entry_rows';
import type { ProfileStore } from '../tables/profile_store';
import { OpenReads } from '../tables/open_reads';
import type { MatchTable } from '../tables/table';
import type { ValueSetStore } from '../tables/value_set_store';
import type { TraceFilter } from '../trace/trace';
import { DROP_PORT, Machine } from './machine';

/** A program loaded and compiled to JavaScript, as plain data: another thread may make the engine of it. */
export interface PreparedProgram {
  program: Program;
  code: string;
}

/** What is no program of p4c's. */
const PREPARED = 'prepared by storeswitch';

/**
 * Loads p4c's BMv2 JSON and compiles it: most of the work of createEngine, which takes the result in place of the JSON.
 * @throws ProgramError for a program that cannot be run, naming the construct and its source line
 */
export function prepareProgram(json: string | object, options: EngineOptions = {}): PreparedProgram {
  const program = loadProgram(json);
  const code = generate(program, new Layout(program), options.drop_port ?? DROP_PORT);
  return { [PREPARED]: true, program, code } as PreparedProgram;
}

/**
 * Makes an engine of p4c's BMv2 JSON.
 * @throws ProgramError as prepareProgram
 */
export function createEngine(
  json: string | object,
  events: EngineEvents,
  options: EngineOptions = {},
): Engine {
  return new V1ModelEngine(isPrepared(json) ? json : prepareProgram(json, options), events, options);
}

/** The JavaScript that a program is compiled to, for reading. */
export function describeCode(json: string | object, options: EngineOptions = {}): string {
  return prepareProgram(json, options).code;
}

function isPrepared(program: string | object): program is PreparedProgram {
  return typeof program === 'object' && PREPARED in program;
}

class V1ModelEngine implements Engine {
  private readonly machine: Machine;
  private readonly tables = new Map<string, MatchTable>();
  private readonly open_reads = new OpenReads();
  private readonly counters = new Map<string, Counter>();
  private readonly meters = new Map<string, MeterArray>();
  private readonly profiles = new Map<string, ProfileStore>();
  private readonly value_sets = new Map<string, ValueSetStore>();
  private readonly registers = new Map<string, Register>();

  constructor(
    { program, code }: PreparedProgram,
    private readonly events: EngineEvents,
    options: EngineOptions,
  ) {
    this.machine = new Machine(program, code, events, options);
    for (const [table, instance] of this.machine.tables) this.tables.set(table.name, instance);
    for (const [counter, instance] of this.machine.counters) this.counters.set(counter.name, instance);
    for (const [meter, instance] of this.machine.meters) this.meters.set(meter.name, instance);
    for (const [profile, store] of this.machine.profiles) this.profiles.set(profile.name, store);
    for (const [set, store] of this.machine.value_sets) this.value_sets.set(set.name, store);
    for (const [register, instance] of this.machine.registers) this.registers.set(register.name, instance);
  }

  receive(port: number, buffer: Uint8Array, now_us: number, start = 0, end = buffer.length): void {
    this.machine.clock.now_us = now_us;
    try {
      this.machine.receive(port, buffer, start, end);
    } catch (error) {
      this.abandon(error);
    }
  }

  runCopies(now_us: number, turns_max: number): boolean {
    this.machine.clock.now_us = now_us;
    try {
      return this.machine.runCopies(turns_max);
    } catch (error) {
      this.abandon(error);
      return true;
    }
  }

  /** No frame is known to bring this about; if one does, it is dropped and the next is served. */
  private abandon(error: unknown): void {
    const port = this.machine.abandon(error);
    this.events.log?.('error', `port ${port}: a frame is dropped: ${String(error)}`);
  }

  setTrace(filter: TraceFilter | undefined): void {
    this.machine.setTrace(filter);
  }

  tick(now_us: number): void {
    this.machine.clock.now_us = now_us;
    for (const [name, table] of this.tables) table.reportIdle((entry) => this.events.idle(name, entry));
  }

  allowWrites(table: string): void {
    this.table(table).allowWrites();
  }

  insertEntry(table: string, entry: TableEntry): void {
    this.table(table).insert(entry);
  }

  modifyEntry(table: string, entry: EntryChange): void {
    this.table(table).modify(entry);
  }

  deleteEntry(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): void {
    this.table(table).delete(entry);
  }

  setDefaultAction(table: string, action: ActionCall | undefined): void {
    this.table(table).setDefault(action);
  }

  defaultAction(table: string): ReturnType<Engine['defaultAction']> {
    return this.table(table).default();
  }

  rowWriter(table: RowTable): RowWriter {
    return this.table(table.name).rowWriter(table);
  }

  entries(table: string): Iterable<TableEntryState> {
    return this.table(table).entries();
  }

  openRead(table: string): OpenRead {
    return this.open_reads.open(this.table(table));
  }

  readRows(read_id: number, from: number, to: number): TableEntryState[] {
    return this.open_reads.read(read_id, from, to);
  }

  closeRead(read_id: number): void {
    this.open_reads.close(read_id);
  }

  entry(table: string, key: Pick<TableEntry, 'match' | 'priority'>): TableEntryState | undefined {
    return this.table(table).entry(key);
  }

  savedEntry(table: string, key: Pick<TableEntry, 'match' | 'priority'>): SavedEntry | undefined {
    return this.table(table).save(key);
  }

  restoreEntry(table: string, saved: SavedEntry): void {
    this.table(table).restore(saved);
  }

  counterSize(name: string): number {
    return this.counter(name).size;
  }

  readCounter(name: string, index: number): CounterValue {
    return this.counter(name).read(index);
  }

  writeCounter(name: string, index: number, value: CounterValue): void {
    this.counter(name).write(index, value);
  }

  writeDirectCounter(
    table: string,
    entry: Pick<TableEntry, 'match' | 'priority'>,
    value: CounterValue,
  ): void {
    this.table(table).writeCounter(entry, value);
  }

  writeDefaultCounter(table: string, value: CounterValue): void {
    this.table(table).writeDefaultCounter(value);
  }

  meterSize(name: string): number {
    return this.meter(name).size;
  }

  readMeter(name: string, index: number): MeterState {
    return this.meter(name).read(index);
  }

  writeMeter(name: string, index: number, config: MeterConfig | undefined): void {
    this.meter(name).write(index, config);
  }

  clearMeterCounters(name: string, index: number): void {
    this.meter(name).clearCounters(index);
  }

  savedMeter(name: string, index: number): SavedMeter | undefined {
    return this.meter(name).save(index);
  }

  restoreMeter(name: string, index: number, saved: SavedMeter | undefined): void {
    this.meter(name).restore(index, saved);
  }

  writeDirectMeter(
    table: string,
    entry: Pick<TableEntry, 'match' | 'priority'>,
    config: MeterConfig | undefined,
  ): void {
    this.table(table).writeMeter(entry, config);
  }

  clearDirectMeterCounters(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): void {
    this.table(table).clearMeterCounters(entry);
  }

  setProfileLimits(profile: string, limits: ProfileLimits): void {
    this.profile(profile).setLimits(limits);
  }

  insertMember(profile: string, member: ProfileMember): void {
    this.profile(profile).insertMember(member);
  }

  modifyMember(profile: string, member: ProfileMember): void {
    this.profile(profile).modifyMember(member);
  }

  deleteMember(profile: string, member_id: number): void {
    this.profile(profile).deleteMember(member_id);
  }

  members(profile: string): Iterable<ProfileMember> {
    return this.profile(profile).allMembers();
  }

  insertGroup(profile: string, group: ProfileGroup): void {
    this.profile(profile).insertGroup(group);
  }

  modifyGroup(profile: string, group: ProfileGroup): void {
    this.profile(profile).modifyGroup(group);
  }

  deleteGroup(profile: string, group_id: number): void {
    this.profile(profile).deleteGroup(group_id);
  }

  groups(profile: string): Iterable<ProfileGroup> {
    return this.profile(profile).allGroups();
  }

  setPortUp(port: number, up: boolean): void {
    if (!this.machine.watch_ports.set(port, up)) return;
    for (const profile of this.profiles.values()) profile.portChanged(port);
  }

  setValueSet(name: string, members: MatchValue[][]): void {
    this.valueSetStore(name).replace(members);
  }

  valueSet(name: string): MatchValue[][] {
    return this.valueSetStore(name).members();
  }

  setCustomCrc(calculation: string, parameters: CrcParameters): void {
    const crc = this.machine.custom_crcs.get(calculation) ?? missing('custom CRC calculation', calculation);
    crc.configure(parameters);
  }

  registerSize(name: string): number {
    return this.register(name).size;
  }

  readRegister(name: string, index: number): bigint {
    return this.register(name).read(index);
  }

  writeRegister(name: string, index: number, value: bigint): void {
    this.register(name).write(index, value);
  }

  registerCells(name: string): RegisterCells {
    return this.register(name).cells();
  }

  setMulticastGroup(group_id: number, replicas: Replica[] | undefined): void {
    this.machine.replication.setGroup(group_id, replicas);
  }

  multicastGroups(): Iterable<{ group_id: number; replicas: Replica[] }> {
    return this.machine.replication.groups();
  }

  setCloneSession(session_id: number, session: CloneSession | undefined): void {
    this.machine.replication.setSession(session_id, session);
  }

  cloneSessions(): Iterable<CloneSession> {
    return this.machine.replication.sessions();
  }

  private table(name: string): MatchTable {
    return this.tables.get(name) ?? missing('table', name);
  }

  private counter(name: string): Counter {
    return this.counters.get(name) ?? missing('counter', name);
  }

  private meter(name: string): MeterArray {
    return this.meters.get(name) ?? missing('meter', name);
  }

  private profile(name: string): ProfileStore {
    return this.profiles.get(name) ?? missing('action profile', name);
  }

  private valueSetStore(name: string): ValueSetStore {
    return this.value_sets.get(name) ?? missing('parser value set', name);
  }

  private register(name: string): Register {
    return this.registers.get(name) ?? missing('register', name);
  }
}

function missing(what: string, name: string): never {
  throw new EngineError('NOT_FOUND', `the program has no ${what} named "${name}"`);
}
