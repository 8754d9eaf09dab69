/** A copy of a packet that waits for its turn: clones, replicas, recirculated packets. */
export interface Pending {
  /** Where it goes on: at the start of ingress, or at the start of egress. */
  stage: 'ingress' | 'egress';
  state: Uint32Array;
  port: number;
  /** In the frame buffer: [start, end) for ingress, the payload for egress. */
  start: number;
  end: number;
  bytes: Uint8Array;
}

/** A queue of packet copies that keeps its buffers for the next ones. */
export class PendingQueue {
  private readonly slots: Pending[] = [];
  private head = 0;
  private tail = 0;

  constructor(private readonly state_limbs: number) {}

  get isEmpty(): boolean {
    return this.head === this.tail;
  }

  push(
    stage: Pending['stage'],
    state: Uint32Array,
    port: number,
    frame: Uint8Array,
    start: number,
    end: number,
  ): Pending {
    let slot = this.slots[this.tail];
    if (slot === undefined) {
      slot = {
        stage,
        state: new Uint32Array(this.state_limbs),
        port,
        start,
        end,
        bytes: new Uint8Array(2048),
      };
      this.slots.push(slot);
    }
    this.tail++;
    slot.stage = stage;
    slot.state.set(state);
    slot.port = port;
    slot.start = start;
    slot.end = end;
    if (slot.bytes.length < end - start) slot.bytes = new Uint8Array(end - start + 2048);
    slot.bytes.set(frame.subarray(start, end));
    return slot;
  }

  /** The first waiting; valid until the next push after the queue has run empty. */
  shift(): Pending {
    const slot = this.slots[this.head];
    if (slot === undefined || this.isEmpty) throw new RangeError('nothing is pending');
    this.head++;
    return slot;
  }

  /** Forgets whatever waits, and starts over with the first slot. */
  clear(): void {
    this.head = this.tail = 0;
  }
}
