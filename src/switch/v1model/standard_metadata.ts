import type { Layout } from '../compile/layout';
import type { FieldRef, Program } from '../program/model';
import { limbCount } from '../runtime/limbs';

/** instance_type, as simple_switch numbers them. */
export const InstanceType = {
  normal: 0,
  ingress_clone: 1,
  egress_clone: 2,
  recirculated: 4,
  replicated: 5,
  resubmitted: 6,
} as const;

/** One metadata field by its place in the packet's state; a program need not have it. One class, so that V8 inlines it. */
export class Slot {
  /**
   * @param low the limb with the field's low 32 bits; -1: the program does not have the field
   * @param low_mask of that limb
   * @param high_mask of the limb before it; 0: there is none, or it is not used
   */
  constructor(
    private readonly low: number,
    private readonly low_mask: number,
    private readonly high_mask: number,
  ) {}

  /** The low 32 bits; 0 where the program has no such field. */
  get(state: Uint32Array): number {
    return this.low < 0 ? 0 : (state[this.low] as number);
  }

  /** Stores what of `value` (at most 53 bits) fits. */
  set(state: Uint32Array, value: number): void {
    if (this.low < 0) return;
    state[this.low] = value & this.low_mask;
    if (this.high_mask !== 0) state[this.low - 1] = Math.floor(value / 4294967296) & this.high_mask;
  }
}

const ABSENT = new Slot(-1, 0, 0);

/** The fields of v1model's standard metadata that the machine itself reads and writes. */
export class StandardMetadata {
  readonly ingress_port: Slot;
  readonly egress_spec: Slot;
  readonly egress_port: Slot;
  readonly instance_type: Slot;
  readonly packet_length: Slot;
  readonly parser_error: Slot;
  readonly checksum_error: Slot;
  readonly mcast_grp: Slot;
  readonly egress_rid: Slot;
  readonly ingress_timestamp: Slot;
  readonly egress_timestamp: Slot;
  readonly enq_timestamp: Slot;
  readonly enq_qdepth: Slot;
  readonly deq_timedelta: Slot;
  readonly deq_qdepth: Slot;
  readonly priority: Slot;
  readonly qid: Slot;

  constructor(
    private readonly program: Program,
    private readonly layout: Layout,
  ) {
    this.ingress_port = this.slot('standard_metadata.ingress_port');
    this.egress_spec = this.slot('standard_metadata.egress_spec');
    this.egress_port = this.slot('standard_metadata.egress_port');
    this.instance_type = this.slot('standard_metadata.instance_type');
    this.packet_length = this.slot('standard_metadata.packet_length');
    this.parser_error = this.slot('standard_metadata.parser_error');
    this.checksum_error = this.slot('standard_metadata.checksum_error');
    this.mcast_grp = this.slot('intrinsic_metadata.mcast_grp');
    this.egress_rid = this.slot('intrinsic_metadata.egress_rid');
    this.ingress_timestamp = this.slot('intrinsic_metadata.ingress_global_timestamp');
    this.egress_timestamp = this.slot('intrinsic_metadata.egress_global_timestamp');
    this.enq_timestamp = this.slot('queueing_metadata.enq_timestamp');
    this.enq_qdepth = this.slot('queueing_metadata.enq_qdepth');
    this.deq_timedelta = this.slot('queueing_metadata.deq_timedelta');
    this.priority = this.slot('intrinsic_metadata.priority');
    this.qid = this.slot('queueing_metadata.qid');
    this.deq_qdepth = this.slot('queueing_metadata.deq_qdepth');
  }

  private slot(name: string): Slot {
    const ref = this.program.aliases.get(name) ?? this.byName(name);
    if (ref === undefined || ref.header.kind !== 'header') return ABSENT;
    const { header } = ref.header;
    const { offset } = this.layout.field(header.type, ref.field);
    const index = this.layout.base(header) + offset;
    const { width } = ref.field;
    const low_mask = width >= 32 ? -1 : 2 ** width - 1;
    const high_mask = width <= 32 ? 0 : width >= 64 ? -1 : 2 ** (width - 32) - 1;
    return new Slot(index + limbCount(width) - 1, low_mask, high_mask);
  }

  private byName(name: string): FieldRef | undefined {
    const dot = name.indexOf('.');
    const header = this.program.headers.find((h) => h.name === name.slice(0, dot));
    const field = header?.type.fields.find((f) => f.name === name.slice(dot + 1));
    return header && field && { kind: 'field', header: { kind: 'header', header }, field };
  }
}
