/** One request towards the stores: under way, or waiting to be. */
import type { CallIdentity } from './identities';
import type { ProcedureTraits } from './procedure_traits';
import type { Service } from './service';
import type { Timed } from './timer_wheel';

/** Who made a call: a connection. */
export interface Caller {
  /**
   * The reply to the call `xid`: the message `buffer[start, end)` with any xid in its first four octets. Only if `is_owned`
   * may the buffer be kept; then there is room for more in front.
   */
  answer(
    xid: number,
    buffer: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    is_owned: boolean,
  ): void;
  /** One of its calls of so many octets is not under way any more; after `answer`, if there was one. */
  callEnded(octets: number): void;
}

/** A client's address and what of it is under way. */
export interface Client {
  readonly address: number;
  /** By the xid towards stores, as a signed integer: V8 keeps those without a box. */
  readonly requests: Map<number, Request>;
  connections: number;
  /** Calls under way, and their octets. */
  calls: number;
  octets: number;
  /** Its connections that wait until it has fewer of them. */
  readonly without_room: Set<WithoutRoom>;
}

export interface WithoutRoom {
  /** Reads on if it may. */
  settle(): void;
}

interface Waiter {
  caller: Caller;
  xid: number;
}

export class Request implements Timed {
  due = -1;
  timer_next: Timed | undefined = undefined;
  timer_previous: Timed | undefined = undefined;
  /** 0: waits for the window. */
  transmissions = 0;
  sent_ms = 0;
  /** What it holds of the window; 0: nothing. */
  window_cost = 0;
  is_done = false;
  /** Whether `payload` is no part of a larger buffer. */
  is_compact = false;
  readonly waiters: Waiter[];

  constructor(
    readonly service: Service,
    readonly client: Client,
    readonly call: CallIdentity,
    readonly traits: ProcedureTraits,
    readonly procedure: number,
    /** Source port and xid towards the stores. */
    readonly port: number,
    readonly xid: number,
    /** The whole message, its xid in place. */
    public payload: Uint8Array,
    readonly payload_sum: number,
    caller: Caller,
  ) {
    this.waiters = [{ caller, xid: call.xid }];
  }
}
