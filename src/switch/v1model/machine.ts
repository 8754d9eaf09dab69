import { bind, calculationsOf, generate, type Environment, type Stages } from '../compile/compile';
import { CLONE_REQUESTED, Layout, POSITION, Register as Reg } from '../compile/layout';
import type { CloneSession, EngineEvents, EngineOptions, Replica } from '../engine';
import { Counter } from '../externs/counter';
import { CustomCrc } from '../externs/custom_crc';
import { MeterArray as MeterCells } from '../externs/meter';
import { Random } from '../externs/random';
import { makeRegisters, type Register } from '../externs/register';
import { Replication } from '../externs/replication';
import type {
  ActionProfile,
  CounterArray,
  MeterArray,
  Program,
  RegisterArray,
  Table,
  ValueSet,
} from '../program/model';
import { FrameCopier } from '../../afpacket/frame_copier';
import { MatchTable } from '../tables/table';
import { ProfileStore } from '../tables/profile_store';
import { ValueSetStore } from '../tables/value_set_store';
import { WatchPorts } from '../tables/watch_ports';
import type { DropReason, TraceCopy, TraceFilter } from '../trace/trace';
import { Tracer } from '../trace/tracer';
import { PlacedFieldList } from './field_lists';
import { Origin } from './origin';
import { type Pending, PendingQueue, WAITING_BYTES_MAX, WAITING_MAX } from './pending';
import { InstanceType, StandardMetadata } from './standard_metadata';

export const DROP_PORT = 511;
const FRAME_BYTES_MAX = 65535;
/** Passes of copies that one received frame may cause; a program that recirculates for ever ends here. */
const PASSES_MAX = 10000;
const QUEUE_FULL = `${WAITING_MAX} copies wait, or ${WAITING_BYTES_MAX / (1024 * 1024)} MiB of them`;
/** What the instance types of waiting packets are called in traces. */
const COPY_KINDS: Partial<Record<number, TraceCopy>> = {
  [InstanceType.ingress_clone]: 'ingress clone',
  [InstanceType.egress_clone]: 'egress clone',
  [InstanceType.recirculated]: 'recirculated',
  [InstanceType.replicated]: 'multicast replica',
  [InstanceType.resubmitted]: 'resubmitted',
};

/**
 * v1model's fixed functions around the compiled stages: what simple_switch does with a packet between parser and
 * deparser (BMv2, docs/simple_switch.md).
 *
 * One packet is in hand at a time: its state in `state`, its bytes in `frame`. Copies wait in a queue with their
 * own state and bytes and are taken into hand in turn, so a packet that is only forwarded is never copied.
 *
 * Copies have their turn within `receive`, but while `runCopies` is called no more of them than it allows: what one
 * frame multiplies into must not keep other frames waiting. What waits is bounded, and what is beyond that is dropped.
 */
export class Machine {
  readonly tables = new Map<Table, MatchTable>();
  readonly counters = new Map<CounterArray, Counter>();
  readonly meters = new Map<MeterArray, MeterCells>();
  readonly registers: Map<RegisterArray, Register>;
  /** By the name of their calculation. */
  readonly custom_crcs = new Map<string, CustomCrc>();
  readonly profiles = new Map<ActionProfile, ProfileStore>();
  readonly value_sets = new Map<ValueSet, ValueSetStore>();
  readonly watch_ports = new WatchPorts();
  readonly replication = new Replication();
  /** The time tables see. */
  readonly clock = { now_us: 0 };

  private readonly layout: Layout;
  private readonly state: Uint32Array;
  private readonly saved: Uint32Array;
  private readonly frame: Uint8Array;
  private readonly copier: FrameCopier;
  private readonly headroom: number;
  /** The variant in use: `plain`, or while a frame is traced the traced one. */
  private stages: Stages;
  private readonly plain: Stages;
  private traced: Stages | undefined;
  /** Present while frames are to be traced. */
  private tracer: Tracer | undefined;
  /** Present while the frame in hand is traced. */
  private tracing: Tracer | undefined;
  private readonly compileTraced: (tracer: Tracer) => Stages;
  private readonly metadata: StandardMetadata;
  private readonly field_lists = new Map<number, PlacedFieldList>();
  private readonly digests = new Map<number, PlacedFieldList>();
  private readonly pending: PendingQueue;
  /** Copies that may have their turn before `runCopies` allows more. */
  private turns_left = Infinity;
  /** Of the packet in hand. */
  private origin = new Origin();
  /** Those of frames that have ended. */
  private readonly free_origins: Origin[] = [];
  private readonly positions: number[];
  private readonly drop_port: number;
  private readonly verifies: boolean;
  private readonly priority_queues: number;
  private readonly error_names: Map<number, string>;

  constructor(
    program: Program,
    code: string,
    private readonly events: EngineEvents,
    options: EngineOptions,
  ) {
    this.drop_port = options.drop_port ?? DROP_PORT;
    this.priority_queues = options.priority_queues ?? 1;
    this.layout = new Layout(program);
    this.state = new Uint32Array(this.layout.size);
    this.saved = new Uint32Array(this.layout.size);
    this.headroom = this.layout.headroom_bytes;
    this.frame = new Uint8Array(this.headroom + FRAME_BYTES_MAX + this.headroom);
    this.copier = new FrameCopier(this.frame);
    this.metadata = new StandardMetadata(program, this.layout);
    this.pending = new PendingQueue(this.layout.size);
    this.positions = positionLimbs(program, this.layout);
    this.verifies = program.checksums.some((c) => c.verify);
    for (const profile of program.action_profiles)
      this.profiles.set(profile, new ProfileStore(profile, this.watch_ports));
    for (const set of program.value_sets) this.value_sets.set(set, new ValueSetStore(set));
    for (const table of [...program.ingress.tables.values(), ...program.egress.tables.values()])
      this.tables.set(table, new MatchTable(table, this.profileOf(table), this.clock));
    for (const counter of program.counters)
      if (counter.table === undefined) this.counters.set(counter, new Counter(counter.name, counter.size));
    for (const meter of program.meters)
      if (meter.result === undefined)
        this.meters.set(meter, new MeterCells(meter.name, meter.size, meter.unit, this.clock));
    for (const { name, algorithm } of calculationsOf(program)) {
      if (algorithm === 'crc16_custom') this.custom_crcs.set(name, new CustomCrc(name, 16));
      if (algorithm === 'crc32_custom') this.custom_crcs.set(name, new CustomCrc(name, 32));
    }
    this.registers = makeRegisters(program);
    for (const [id, list] of program.field_lists)
      this.field_lists.set(id, new PlacedFieldList(list, this.layout));
    for (const [id, list] of program.digests) this.digests.set(id, new PlacedFieldList(list, this.layout));
    const environment: Environment = {
      state: this.state,
      frame: this.frame,
      tables: this.tables,
      profiles: this.profiles,
      value_sets: this.value_sets,
      counters: this.counters,
      meters: this.meters,
      custom_crcs: this.custom_crcs,
      registers: this.registers,
      random: new Random(options.random_seed ?? 1),
      log: (level, message) => this.events.log?.(level, message),
    };
    this.plain = this.stages = bind(code, program, environment);
    this.compileTraced = (tracer) =>
      bind(generate(program, this.layout, this.drop_port, true), program, environment, tracer);
    this.error_names = new Map([...program.errors].map(([name, code]) => [code, name]));
  }

  private profileOf({ profile }: Table): ProfileStore | undefined {
    return profile === undefined ? undefined : this.profiles.get(profile);
  }

  /** Runs a received frame and what may be run of its copies. Longer frames than 65535 bytes are dropped. */
  receive(port: number, buffer: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.origin.reset(port);
    if (this.tracer !== undefined) this.beginTrace(port, buffer, start, end);
    if (length > FRAME_BYTES_MAX) {
      this.dropTooLong(length);
      if (this.tracing !== undefined) this.endTrace();
      return;
    }
    const { headroom, state, metadata } = this;
    this.copier.copy(buffer, start, end, headroom);
    state.fill(0);
    state[Reg.packet_length] = length;
    state[Reg.ingress_length] = length;
    metadata.ingress_port.set(state, port);
    metadata.packet_length.set(state, length);
    metadata.ingress_timestamp.set(state, this.clock.now_us);
    this.ingress(port, headroom, headroom + length);
    this.settle();
    if (!this.pending.isEmpty) this.drain();
  }

  /** So many copies may have their turn from now on, those that wait first. Whether any still wait. */
  runCopies(turns_max: number): boolean {
    this.turns_left = turns_max;
    this.drain();
    return !this.pending.isEmpty;
  }

  /**
   * Forgets the packet in hand and the copies of its frame: what `receive` or `runCopies` ended with. The port that
   * received it.
   */
  abandon(error: unknown): number {
    const { port } = this.origin;
    this.traceDrop('fault', String(error));
    const forgotten = this.pending.forget(this.origin);
    this.events.dropped?.('fault', 1 + forgotten);
    this.settle();
    return port;
  }

  /** The packet in hand has ended, and with it its frame, if no copy waits. */
  private settle(): void {
    const { origin, tracing, stages } = this;
    if (origin.waiting === 0) {
      if (tracing !== undefined) this.endTrace();
      return;
    }
    const trace = tracing?.finish();
    if (tracing !== undefined && trace !== undefined) origin.parked = { tracer: tracing, stages, trace };
    this.tracing = undefined;
    this.stages = this.plain;
    this.origin = this.free_origins.pop() ?? new Origin();
  }

  /** undefined: traces nothing from now on. The traced variant is compiled when it is first asked for. */
  setTrace(filter: TraceFilter | undefined): void {
    if (filter === undefined) {
      this.tracer = undefined;
      return;
    }
    const tables = [...this.tables.values()].map((table) => ({
      table,
      profile: this.profileOf(table.program),
    }));
    this.tracer = new Tracer(filter, tables);
    this.traced = this.compileTraced(this.tracer);
  }

  private beginTrace(port: number, buffer: Uint8Array, start: number, end: number): void {
    const { tracer, traced } = this;
    if (tracer === undefined || traced === undefined || !tracer.wants(port)) return;
    this.tracing = tracer;
    this.stages = traced;
    tracer.begin(port, this.clock.now_us, buffer, start, end);
    this.tracePass('ingress', port, undefined);
  }

  private endTrace(): void {
    const trace = this.tracing?.finish();
    if (this.tracer?.ended === true) this.tracer = undefined;
    this.tracing = undefined;
    this.stages = this.plain;
    if (trace !== undefined) this.events.trace?.(trace);
  }

  private traceDrop(reason: DropReason, detail: string): void {
    this.tracing?.add({ step: 'drop', reason, detail });
  }

  private drain(): void {
    while (!this.pending.isEmpty && this.turns_left > 0) {
      this.turns_left--;
      const next = this.pending.shift();
      this.enter(next.origin);
      if (next.origin.passes++ >= PASSES_MAX) {
        this.pending.release(next);
        this.tooManyPasses();
      } else this.run(next);
      this.settle();
    }
  }

  /** A copy of that frame is the packet in hand. */
  private enter(origin: Origin): void {
    this.free_origins.push(this.origin);
    this.origin = origin;
    const { parked } = origin;
    if (parked === undefined) return;
    origin.parked = undefined;
    this.tracing = parked.tracer;
    this.stages = parked.stages;
    parked.tracer.resume(parked.trace);
  }

  private run(copy: Pending): void {
    const { stage, port, start, end } = copy;
    if (this.tracing !== undefined) this.tracePass(stage, port, this.copyKind(copy.state));
    this.state.set(copy.state);
    this.frame.set(copy.bytes.subarray(0, end - start), start);
    this.pending.release(copy);
    if (stage === 'ingress') this.ingress(port, start, end);
    else this.egress(port, start, end);
  }

  private tooManyPasses(): void {
    const problem = `one frame caused ${PASSES_MAX} passes`;
    this.events.log?.('error', `${problem}: the rest is dropped`);
    this.traceDrop('passes', problem);
    // Whether or not anybody counts them.
    const forgotten = this.pending.forget(this.origin);
    this.events.dropped?.('passes', 1 + forgotten);
  }

  private dropTooLong(length: number): void {
    const detail = `${length} bytes: ${FRAME_BYTES_MAX} are the most`;
    this.traceDrop('length', detail);
    this.events.dropped?.('length', 1);
    this.tell(`a frame of ${detail}`);
  }

  private dropNoRoom(copies: number): void {
    this.traceDrop('queue', QUEUE_FULL);
    this.events.dropped?.('queue', copies);
    this.tell(QUEUE_FULL);
  }

  /** Once for each received frame: it may have come of the thousands of its copies. */
  private tell(problem: string): void {
    const { origin } = this;
    if (origin.told) return;
    origin.told = true;
    this.events.log?.('error', `port ${origin.port}: ${problem}: dropped`);
  }

  /** The packet in hand from its parser to the traffic manager's decision. */
  private ingress(port: number, start: number, end: number): void {
    const { state, metadata, stages } = this;
    const cursor = stages.parse(start, end);
    if (this.verifies) stages.verify(cursor, end);
    if (this.tracing !== undefined) this.traceErrors();
    metadata.parser_error.set(state, state[Reg.parser_error] as number);
    metadata.checksum_error.set(state, state[Reg.checksum_error] as number);
    stages.ingress(cursor, end);
    state[Reg.exit] = 0;
    if (state[Reg.abandoned] !== 0) {
      this.traceDrop('assert', 'an assertion failed or the parser did not end');
      return;
    }

    if (state[Reg.clone_session] !== 0) this.cloneIngress(start, end);
    if (state[Reg.digest] !== 0) {
      const digest = this.digests.get(state[Reg.digest] as number);
      if (digest !== undefined) {
        this.tracing?.add({ step: 'digest', digest: digest.name });
        this.events.digest(digest.name, digest.values(state));
      }
    }
    if (state[Reg.resubmit_list] !== 0) {
      this.resubmit(port, start, end);
      return;
    }
    const group = metadata.mcast_grp.get(state);
    if (group !== 0) {
      metadata.instance_type.set(state, InstanceType.replicated);
      const replicas = this.replication.group(group) ?? [];
      if (this.tracing !== undefined) this.traceCopies('multicast', group, replicas);
      this.enqueueCopies(replicas, cursor, end, 0);
      return;
    }
    const egress_port = metadata.egress_spec.get(state);
    if (egress_port === this.drop_port) {
      this.traceDrop('ingress', `egress_spec is the drop port ${this.drop_port}`);
      return;
    }
    metadata.instance_type.set(state, InstanceType.normal);
    const { origin, pending } = this;
    // After its clones, if they still wait; where there is no room to wait before them.
    if (origin.waiting === 0 || !pending.hasRoom(end - cursor)) {
      if (this.tracing !== undefined) this.tracePass('egress', egress_port, undefined);
      this.egress(egress_port, cursor, end);
    } else this.disown(pending.push('egress', origin, state, egress_port, this.frame, cursor, end));
  }

  /** The packet in hand from the egress queue to the wire; its payload is `frame[cursor, end)`. */
  private egress(port: number, cursor: number, end: number): void {
    const { state, metadata, stages } = this;
    const { now_us } = this.clock;
    const priority = metadata.priority.get(state);
    if (priority >= this.priority_queues) {
      this.traceDrop('priority', `priority ${priority} of ${this.priority_queues} queues`);
      return;
    }
    metadata.qid.set(state, priority);
    metadata.egress_timestamp.set(state, now_us);
    metadata.enq_timestamp.set(state, now_us);
    metadata.enq_qdepth.set(state, 0);
    metadata.deq_timedelta.set(state, 0);
    metadata.deq_qdepth.set(state, 0);
    metadata.egress_port.set(state, port);
    // Anything but the drop port, so that only egress itself can ask to drop.
    metadata.egress_spec.set(state, this.drop_port + 1);
    metadata.packet_length.set(state, state[Reg.packet_length] as number);
    state[Reg.clone_session] = 0;
    state[Reg.clone_list] = 0;
    stages.egress(cursor, end);
    state[Reg.exit] = 0;
    if (state[Reg.abandoned] !== 0) {
      this.traceDrop('assert', 'an assertion failed');
      return;
    }

    if (state[Reg.clone_session] !== 0) this.cloneEgress(cursor, end);
    if (metadata.egress_spec.get(state) === this.drop_port) {
      this.traceDrop('egress', `egress_spec is the drop port ${this.drop_port}`);
      return;
    }
    const start = stages.deparse(cursor, end);
    if (state[Reg.recirculate_list] !== 0) {
      // Whole: as in BMv2, only a packet that leaves is truncated, and no copy inherits it.
      this.recirculate(start, end);
      return;
    }
    const truncated = state[Reg.truncate] as number;
    const stop = truncated !== 0 && start + truncated - 1 < end ? start + truncated - 1 : end;
    this.tracing?.add({ step: 'send', port, length_bytes: stop - start });
    this.events.send(port, this.frame, start, stop);
  }

  /** A clone is the packet as it was received, parsed again, with nothing of its metadata but the field list. */
  private cloneIngress(start: number, end: number): void {
    const { state, saved, metadata } = this;
    const session = this.cloneSession();
    if (session === undefined) return;
    saved.set(state);
    const list = saved[Reg.clone_list] as number;
    state.fill(0);
    state[Reg.packet_length] = saved[Reg.ingress_length] as number;
    state[Reg.ingress_length] = saved[Reg.ingress_length] as number;
    // A parser may branch on the port. That of a resubmitted or recirculated packet saw 0, that of its clone does not.
    metadata.ingress_port.set(state, this.origin.port);
    const cursor = this.plain.parse(start, end);
    state.fill(0, this.layout.metadata_start, this.layout.metadata_end);
    this.field_lists.get(list)?.copy(saved, state);
    metadata.instance_type.set(state, InstanceType.ingress_clone);
    this.enqueueClones(session, cursor, end);
    state.set(saved);
  }

  /** A clone is the packet as egress leaves it, with nothing of its metadata but the field list. */
  private cloneEgress(cursor: number, end: number): void {
    const { state, saved, metadata } = this;
    const session = this.cloneSession();
    if (session === undefined) return;
    saved.set(state);
    state.fill(0, this.layout.metadata_start, this.layout.metadata_end);
    this.field_lists.get(saved[Reg.clone_list] as number)?.copy(saved, state);
    metadata.instance_type.set(state, InstanceType.egress_clone);
    this.enqueueClones(session, cursor, end);
    state.set(saved);
  }

  private cloneSession(): CloneSession | undefined {
    const id = ((this.state[Reg.clone_session] as number) & ~CLONE_REQUESTED) >>> 0;
    const session = this.replication.session(id);
    if (this.tracing !== undefined) this.traceCopies('clone', id, session?.replicas ?? []);
    return session;
  }

  private enqueueClones({ replicas, packet_length_bytes }: CloneSession, cursor: number, end: number): void {
    this.enqueueCopies(replicas, cursor, end, packet_length_bytes > 0 ? packet_length_bytes + 1 : 0);
  }

  /** Copies of the packet in hand for egress. The bytes of their headers are their own to write. */
  private enqueueCopies(replicas: readonly Replica[], cursor: number, end: number, truncate: number): void {
    const { pending, origin, state, frame } = this;
    for (let i = 0; i < replicas.length; i++) {
      const { port, instance } = replicas[i] as Replica;
      if (!pending.hasRoom(end - cursor)) {
        this.dropNoRoom(replicas.length - i);
        return;
      }
      this.metadata.egress_rid.set(state, instance);
      const copy = pending.push('egress', origin, state, port, frame, cursor, end);
      this.disown(copy);
      copy.state.fill(0, Reg.clone_session, Reg.abandoned + 1);
      copy.state[Reg.truncate] = truncate;
    }
  }

  /** The frame in hand will be another's by the copy's turn: its headers are to be written whole. */
  private disown(copy: Pending): void {
    for (const limb of this.positions) copy.state[limb] = 0;
  }

  /** Back to the start of ingress with the frame as it was received. */
  private resubmit(port: number, start: number, end: number): void {
    const list = this.state[Reg.resubmit_list] as number;
    this.startOver(list, this.state[Reg.ingress_length] as number, InstanceType.resubmitted);
    this.enqueueIngress(port, start, end);
  }

  /** Back to the start of ingress with the frame as it would have been sent. */
  private recirculate(start: number, end: number): void {
    const length = end - start;
    if (length > FRAME_BYTES_MAX) {
      this.dropTooLong(length);
      return;
    }
    this.startOver(this.state[Reg.recirculate_list] as number, length, InstanceType.recirculated);
    this.frame.copyWithin(this.headroom, start, end);
    this.enqueueIngress(0, this.headroom, this.headroom + length);
  }

  private enqueueIngress(port: number, start: number, end: number): void {
    if (this.pending.hasRoom(end - start))
      this.pending.push('ingress', this.origin, this.state, port, this.frame, start, end);
    else this.dropNoRoom(1);
  }

  private startOver(list: number, length: number, instance_type: number): void {
    const { state, saved, metadata } = this;
    saved.set(state);
    state.fill(0);
    state[Reg.packet_length] = length;
    state[Reg.ingress_length] = length;
    this.field_lists.get(list)?.copy(saved, state);
    metadata.instance_type.set(state, instance_type);
    metadata.packet_length.set(state, length);
  }

  private tracePass(stage: Pending['stage'], port: number, copy: TraceCopy | undefined): void {
    this.tracing?.add({ step: 'pass', stage, port, copy });
  }

  private copyKind(state: Uint32Array): TraceCopy {
    return COPY_KINDS[this.metadata.instance_type.get(state)] ?? 'copy';
  }

  private traceCopies(of: 'clone' | 'multicast', id: number, replicas: readonly { port: number }[]): void {
    this.tracing?.add({ step: 'copies', of, id, ports: replicas.map(({ port }) => port) });
    if (of === 'multicast' && replicas.length === 0)
      this.traceDrop('multicast', `group ${id} has no members`);
  }

  private traceErrors(): void {
    const code = this.state[Reg.parser_error] as number;
    if (code !== 0)
      this.tracing?.add({ step: 'parser_error', error: this.error_names.get(code) ?? `${code}` });
    if (this.state[Reg.checksum_error] !== 0) this.tracing?.add({ step: 'checksum_error' });
  }
}

/** Where in the state each packet header says its bytes still stand in the frame. */
function positionLimbs(program: Program, layout: Layout): number[] {
  return program.headers.filter((h) => !h.metadata).map((h) => layout.base(h) + POSITION);
}
