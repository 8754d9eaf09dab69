import {
  EngineError,
  type CloneSession,
  type CounterValue,
  type Engine,
  type EngineEvents,
  type EngineOptions,
  type MeterState,
  type RegisterCells,
  type Replica,
  type SavedEntry,
  type TableEntry,
  type OpenRead,
  type TableEntryState,
} from '../../src/switch/engine';

/**
 * A stand-in for a compiled program, for tests of ports, threads and the server alone. Ports 2n+1 and 2n+2 are
 * wired to each other; EtherType 0x88b6 goes to the CPU port 510 behind a 2-byte header (9 bits ingress port), a
 * frame from the CPU port leaves by the port its first 9 bits name. Tables are plain lists; every name exists.
 */
export function createEngine(program: unknown, events: EngineEvents, _options: EngineOptions): Engine {
  if (typeof program !== 'object' || program === null || !('fake' in program)) {
    throw new Error('not a fake program');
  }
  return new FakeEngine(events);
}

export const FAKE_CPU_PORT = 510;

class FakeEngine implements Engine {
  private readonly open_reads: string[] = [];
  private readonly tables = new Map<string, Map<string, TableEntryState>>();
  private readonly counters = new Map<string, CounterValue>();
  private readonly registers = new Map<string, Uint32Array>();
  private readonly defaults = new Map<string, { name: string; args: bigint[] }>();
  private readonly multicast = new Map<number, Replica[]>();
  private readonly sessions = new Map<number, CloneSession>();

  constructor(private readonly events: EngineEvents) {}

  receive(port: number, buffer: Uint8Array, _now_us: number, start = 0, end = buffer.length): void {
    if (port === FAKE_CPU_PORT) {
      const egress = ((buffer[start] ?? 0) << 1) | ((buffer[start + 1] ?? 0) >> 7);
      this.events.send(egress, buffer, start + 2, end);
      return;
    }
    const ether_type = ((buffer[start + 12] ?? 0) << 8) | (buffer[start + 13] ?? 0);
    if (ether_type === 0x88b6) {
      const frame = new Uint8Array(2 + end - start);
      frame[0] = port >> 1;
      frame[1] = (port & 1) << 7;
      frame.set(buffer.subarray(start, end), 2);
      this.events.send(FAKE_CPU_PORT, frame, 0, frame.length);
    } else if (ether_type === 0x88b7) {
      this.events.digest('seen', [BigInt(port)]);
    } else if (ether_type === 0x88b8) {
      throw new Error('broken on purpose');
    } else {
      this.events.send(((port - 1) ^ 1) + 1, buffer, start, end);
    }
  }

  runCopies(): boolean {
    return false;
  }

  setTrace(): void {
    throw new EngineError('UNIMPLEMENTED', 'the fake engine traces nothing');
  }

  tick(): void {
    for (const [table, entries] of this.tables) {
      for (const entry of entries.values()) if (entry.idle_timeout_ns > 0n) this.events.idle(table, entry);
    }
  }

  insertEntry(table: string, entry: TableEntry): void {
    const entries = this.table(table);
    if (entries.has(keyOf(entry))) throw new EngineError('ALREADY_EXISTS', `${table}: the entry exists`);
    entries.set(keyOf(entry), { ...entry, counter: undefined, idle_ns: undefined, is_const: false });
  }

  modifyEntry(table: string, entry: TableEntry): void {
    this.existing(table, entry);
    this.table(table).set(keyOf(entry), {
      ...entry,
      counter: undefined,
      idle_ns: undefined,
      is_const: false,
    });
  }

  deleteEntry(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): void {
    this.existing(table, entry);
    this.table(table).delete(keyOf(entry));
  }

  setDefaultAction(table: string, action: { name: string; args: bigint[] } | undefined): void {
    if (action === undefined) this.defaults.delete(table);
    else this.defaults.set(table, action);
  }

  defaultAction(table: string): ReturnType<Engine['defaultAction']> {
    const action = this.defaults.get(table) ?? { name: 'NoAction', args: [] };
    return { action, is_const: false, counter: undefined };
  }

  rowWriter(): never {
    throw new EngineError('UNIMPLEMENTED', 'no rows here');
  }

  *entries(table: string): Iterable<TableEntryState> {
    yield* this.table(table).values();
  }

  openRead(table: string): OpenRead {
    this.open_reads.push(table);
    return { read_id: this.open_reads.length - 1, first: 0, end: this.table(table).size };
  }

  readRows(read_id: number, from: number, to: number): TableEntryState[] {
    return [...this.entries(this.open_reads[read_id] ?? '')].slice(from, to);
  }

  closeRead(): void {}

  entry(table: string, key: Pick<TableEntry, 'match' | 'priority'>): TableEntryState | undefined {
    return this.table(table).get(keyOf(key));
  }

  counterSize(): number {
    return 4;
  }

  readCounter(name: string, index: number): CounterValue {
    return this.counters.get(`${name}/${index}`) ?? { packets: 0n, bytes: 0n };
  }

  writeCounter(name: string, index: number, value: CounterValue): void {
    this.counters.set(`${name}/${index}`, value);
  }

  writeDirectCounter(
    table: string,
    entry: Pick<TableEntry, 'match' | 'priority'>,
    value: CounterValue,
  ): void {
    this.existing(table, entry).counter = value;
  }

  writeDefaultCounter(): void {
    throw new EngineError('UNIMPLEMENTED', 'no counters of default entries here');
  }

  meterSize(): number {
    return 4;
  }

  allowWrites(): void {
    throw new EngineError('UNIMPLEMENTED', 'the fake engine has no entries of its own');
  }

  savedEntry(table: string, key: Pick<TableEntry, 'match' | 'priority'>): SavedEntry | undefined {
    const state = this.entry(table, key);
    return state && { ...state, saved_meter: undefined, hit_us: 0, reported_us: 0 };
  }

  restoreEntry(table: string, saved: SavedEntry): void {
    this.insertEntry(table, saved);
  }

  savedMeter(): undefined {
    return undefined;
  }

  restoreMeter(): void {
    throw new EngineError('UNIMPLEMENTED', 'the fake engine saves nothing');
  }

  readMeter(): MeterState {
    const none = { packets: 0n, bytes: 0n };
    return { config: undefined, counters: { green: none, yellow: none, red: none } };
  }

  writeMeter(): void {
    throw new EngineError('UNIMPLEMENTED', 'no meters here');
  }

  clearMeterCounters(): void {
    throw new EngineError('UNIMPLEMENTED', 'no meters here');
  }

  writeDirectMeter(): void {
    throw new EngineError('UNIMPLEMENTED', 'no meters here');
  }

  clearDirectMeterCounters(): void {
    throw new EngineError('UNIMPLEMENTED', 'no meters here');
  }

  setProfileLimits(): void {
    throw new EngineError('UNIMPLEMENTED', 'no action profiles here');
  }

  insertMember(): void {
    throw new EngineError('UNIMPLEMENTED', 'no action profiles here');
  }

  modifyMember(): void {
    throw new EngineError('UNIMPLEMENTED', 'no action profiles here');
  }

  deleteMember(): void {
    throw new EngineError('UNIMPLEMENTED', 'no action profiles here');
  }

  members(): [] {
    return [];
  }

  insertGroup(): void {
    throw new EngineError('UNIMPLEMENTED', 'no action profiles here');
  }

  modifyGroup(): void {
    throw new EngineError('UNIMPLEMENTED', 'no action profiles here');
  }

  deleteGroup(): void {
    throw new EngineError('UNIMPLEMENTED', 'no action profiles here');
  }

  groups(): [] {
    return [];
  }

  setPortUp(): void {}

  setValueSet(): void {
    throw new EngineError('UNIMPLEMENTED', 'no value sets here');
  }

  valueSet(): [] {
    return [];
  }

  setCustomCrc(): void {
    throw new EngineError('UNIMPLEMENTED', 'no CRCs here');
  }

  registerSize(): number {
    return 4;
  }

  readRegister(name: string, index: number): bigint {
    return BigInt(this.registerCells(name).rows[index] ?? 0);
  }

  writeRegister(name: string, index: number, value: bigint): void {
    this.registerCells(name).rows[index] = Number(value);
  }

  registerCells(name: string): RegisterCells {
    const rows = this.registers.get(name) ?? new Uint32Array(this.registerSize());
    this.registers.set(name, rows);
    return { rows, at: 0, stride: 1, used: 1, limbs: 1 };
  }

  setMulticastGroup(group_id: number, replicas: Replica[] | undefined): void {
    if (replicas === undefined) this.multicast.delete(group_id);
    else this.multicast.set(group_id, replicas);
  }

  *multicastGroups(): Iterable<{ group_id: number; replicas: Replica[] }> {
    for (const [group_id, replicas] of this.multicast) yield { group_id, replicas };
  }

  setCloneSession(session_id: number, session: CloneSession | undefined): void {
    if (session === undefined) this.sessions.delete(session_id);
    else this.sessions.set(session_id, session);
  }

  cloneSessions(): Iterable<CloneSession> {
    return this.sessions.values();
  }

  private table(name: string): Map<string, TableEntryState> {
    const found = this.tables.get(name);
    if (found !== undefined) return found;
    const made = new Map<string, TableEntryState>();
    this.tables.set(name, made);
    return made;
  }

  private existing(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): TableEntryState {
    const found = this.table(table).get(keyOf(entry));
    if (found === undefined) throw new EngineError('NOT_FOUND', `${table}: no such entry`);
    return found;
  }
}

function keyOf(entry: Pick<TableEntry, 'match' | 'priority'>): string {
  return JSON.stringify([entry.match, entry.priority], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}
