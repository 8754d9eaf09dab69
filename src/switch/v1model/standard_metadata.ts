import type { Layout } from '../compile/layout';
import type { FieldRef, Program } from '../program/model';
import { limbCount, writeLimbs } from '../runtime/limbs';

/** instance_type, as simple_switch numbers them. */
export const InstanceType = {
  normal: 0,
  ingress_clone: 1,
  egress_clone: 2,
  recirculated: 4,
  replicated: 5,
  resubmitted: 6,
} as const;

/** One metadata field by its place in the packet's state; a program need not have it. */
export interface Slot {
  get(state: Uint32Array): number;
  set(state: Uint32Array, value: number): void;
  exists: boolean;
}

const ABSENT: Slot = { get: () => 0, set: () => undefined, exists: false };

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
    this.deq_qdepth = this.slot('queueing_metadata.deq_qdepth');
  }

  private slot(name: string): Slot {
    const ref = this.program.aliases.get(name) ?? this.byName(name);
    if (ref === undefined || ref.header.kind !== 'header') return ABSENT;
    const { header } = ref.header;
    const { offset } = this.layout.field(header.type, ref.field);
    const index = this.layout.base(header) + offset;
    const { width } = ref.field;
    const mask = width >= 32 ? 0xffffffff : 2 ** width - 1;
    if (width <= 32)
      return {
        exists: true,
        get: (state) => state[index] as number,
        set: (state, value) => void (state[index] = value & mask),
      };
    if (width <= 64)
      return {
        exists: true,
        get: (state) => (state[index] as number) * 4294967296 + (state[index + 1] as number),
        set: (state, value) => {
          state[index] = Math.floor(value / 4294967296) & (width === 64 ? -1 : 2 ** (width - 32) - 1);
          state[index + 1] = value;
        },
      };
    const count = limbCount(width);
    return {
      exists: true,
      get: (state) => state[index + count - 1] as number,
      set: (state, value) => writeLimbs(state, index, count, width, BigInt(value)),
    };
  }

  private byName(name: string): FieldRef | undefined {
    const dot = name.indexOf('.');
    const header = this.program.headers.find((h) => h.name === name.slice(0, dot));
    const field = header?.type.fields.find((f) => f.name === name.slice(dot + 1));
    return header && field && { kind: 'field', header: { kind: 'header', header }, field };
  }
}
