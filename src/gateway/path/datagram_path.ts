/**
 * UDP between a client's address and a virtual store's, as the gateway sees it: it sends in the client's name and gets what
 * comes back for the client.
 *
 * Addresses are numbers here and in the rest of the gateway (`ipv4ToNumber`), not strings as elsewhere above the
 * wire: each request is looked up by them twice.
 */
export interface DatagramPath {
  /**
   * Queues a datagram; what cannot be sent is counted and lost, as on any network. `payload` is not kept.
   * `payload_sum` is its sum as 16-bit words (`wordSum`), which its sender has anyway. `pool_id`: the pool that serves it;
   * 0: the data plane knows.
   */
  send(
    source: number,
    source_port: number,
    destination: number,
    destination_port: number,
    payload: Uint8Array,
    payload_sum: number,
    pool_id: number,
  ): void;
  /** Sends what is queued. Without this it leaves at the end of the event loop's turn. */
  flush(): void;
  /** Set once, before `start`. */
  onReceive(receiver: DatagramReceiver): void;
  /** Rejects if the path cannot be opened, with an error that says why. */
  start(): void;
  stop(): void;
  /** Counts since the start, by name. */
  stats(): Record<string, number>;
}

/** Octets in front of an owned payload that may be overwritten. */
export const HEADROOM_OCTETS = 8;

/**
 * A datagram received whole, with a right checksum (or none). One object is reused for all: only a buffer that is
 * `is_owned` may be kept.
 */
export interface ReceivedDatagram {
  source: number;
  source_port: number;
  destination: number;
  destination_port: number;
  /** The payload is `buffer[start, end)`; `view` is of the same buffer. The receiver may change it. */
  buffer: Uint8Array;
  view: DataView;
  start: number;
  end: number;
  /** Whether the buffer holds nothing else, is the receiver's from now on and has HEADROOM_OCTETS before `start`. */
  is_owned: boolean;
}

export interface DatagramReceiver {
  received(datagram: ReceivedDatagram): void;
  /** After the last of those that were there. */
  turnEnded(): void;
}
