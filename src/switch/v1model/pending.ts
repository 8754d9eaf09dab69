import type { Origin } from './origin';

/** Copies that wait at most, and bytes they take: what one frame may multiply into. */
export const WAITING_MAX = 8192;
export const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Buffers kept for the next copies; those beyond are given back. */
export const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** Of a new buffer; one for a longer frame has as many to spare. */
const SLOT_BYTES = 2048;

/** A copy of a packet that waits for its turn: clones, replicas, resubmitted and recirculated packets. */
export interface Pending {
  /** Where it goes on: at the start of ingress, or at the start of egress. */
  stage: 'ingress' | 'egress';
  /** Of which received frame it is. */
  origin: Origin;
  state: Uint32Array;
  port: number;
  /** In the frame buffer: [start, end) for ingress, the payload for egress. */
  start: number;
  end: number;
  bytes: Uint8Array;
  /** The next that waits, or the next buffer that is free. */
  next: Pending | undefined;
}

/** A bounded queue of packet copies that keeps some of its buffers for the next ones. */
export class PendingQueue {
  private head: Pending | undefined;
  private tail: Pending | undefined;
  private free: Pending | undefined;
  private waiting = 0;
  private waiting_bytes = 0;
  private kept_bytes = 0;

  constructor(private readonly state_limbs: number) {}

  get isEmpty(): boolean {
    return this.head === undefined;
  }

  /** Bytes of all buffers, those kept included. */
  get buffer_bytes(): number {
    return this.waiting_bytes + this.kept_bytes;
  }

  /** Whether a copy with so many bytes of the frame may wait. */
  hasRoom(length: number): boolean {
    const bytes = bufferBytes(length) + this.state_limbs * 4;
    return this.waiting < WAITING_MAX && this.waiting_bytes + bytes <= WAITING_BYTES_MAX;
  }

  /** Asks hasRoom first. */
  push(
    stage: Pending['stage'],
    origin: Origin,
    state: Uint32Array,
    port: number,
    frame: Uint8Array,
    start: number,
    end: number,
  ): Pending {
    const slot = this.take(origin, end - start);
    slot.stage = stage;
    slot.origin = origin;
    slot.state.set(state);
    slot.port = port;
    slot.start = start;
    slot.end = end;
    slot.bytes.set(frame.subarray(start, end));
    slot.next = undefined;
    if (this.tail === undefined) this.head = slot;
    else this.tail.next = slot;
    this.tail = slot;
    this.waiting++;
    this.waiting_bytes += this.sizeOf(slot);
    origin.waiting++;
    return slot;
  }

  /** The one that waits longest; give it back by `release`. */
  shift(): Pending {
    const slot = this.head;
    if (slot === undefined) throw new RangeError('nothing is pending');
    this.head = slot.next;
    if (this.head === undefined) this.tail = undefined;
    this.leave(slot);
    return slot;
  }

  /** Forgets the copies of one received frame; how many they were. */
  forget(origin: Origin): number {
    const forgotten = origin.waiting;
    let last: Pending | undefined;
    for (let slot = this.head; slot !== undefined && origin.waiting > 0;) {
      const { next } = slot;
      if (slot.origin === origin) {
        if (last === undefined) this.head = next;
        else last.next = next;
        if (next === undefined) this.tail = last;
        this.leave(slot);
        this.release(slot);
      } else last = slot;
      slot = next;
    }
    return forgotten;
  }

  /** Its buffers may be another's from now on. */
  release(slot: Pending): void {
    const size = this.sizeOf(slot);
    if (this.kept_bytes + size > KEPT_BYTES_MAX) return;
    slot.next = this.free;
    this.free = slot;
    this.kept_bytes += size;
  }

  private leave(slot: Pending): void {
    this.waiting--;
    this.waiting_bytes -= this.sizeOf(slot);
    slot.origin.waiting--;
  }

  private take(origin: Origin, length: number): Pending {
    const slot = this.free;
    if (slot === undefined) {
      return {
        ...{ stage: 'ingress', origin, port: 0, start: 0, end: 0, next: undefined },
        state: new Uint32Array(this.state_limbs),
        bytes: new Uint8Array(bufferBytes(length)),
      };
    }
    this.free = slot.next;
    this.kept_bytes -= this.sizeOf(slot);
    if (slot.bytes.length < length) slot.bytes = new Uint8Array(bufferBytes(length));
    return slot;
  }

  private sizeOf(slot: Pending): number {
    return slot.bytes.length + slot.state.byteLength;
  }
}

function bufferBytes(length: number): number {
  return length <= SLOT_BYTES ? SLOT_BYTES : length + SLOT_BYTES;
}
