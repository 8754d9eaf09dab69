/** Counts since the port was opened. A frame counted as dropped is in no other count of its direction. */
export interface PortStats {
  rx_frames: number;
  rx_bytes: number;
  /** The receive ring was full: the switch did not keep up. */
  rx_dropped: number;
  /** Longer than a receive slot; dropped whole. */
  rx_truncated: number;
  /** Arrived with an unfinished checksum (the sender's offload is on); received as it is. */
  rx_checksum_unfinished: number;
  tx_frames: number;
  tx_bytes: number;
  /** The interface was down or its queue full. */
  tx_dropped: number;
  /** Longer than the interface's MTU, or than it was a second ago. */
  tx_oversized: number;
  /** How often the port lost its interface or its link. */
  downs: number;
}

export function emptyPortStats(): PortStats {
  return {
    rx_frames: 0,
    rx_bytes: 0,
    rx_dropped: 0,
    rx_truncated: 0,
    rx_checksum_unfinished: 0,
    tx_frames: 0,
    tx_bytes: 0,
    tx_dropped: 0,
    tx_oversized: 0,
    downs: 0,
  };
}

/** A frame is `buffer[start, end)`, a range so that no view is allocated for it; valid only during the call. */
export type FrameHandler = (port: number, buffer: Uint8Array, start: number, end: number) => void;

/** One port of the switch, whatever carries its frames. Wrappers implement it too, so ports compose. */
export interface Port {
  readonly number: number;
  readonly name: string;
  readonly up: boolean;
  /** Set once, by the port's owner, before any frame is received. */
  onReceive(handler: FrameHandler): void;
  /** Queues a copy of the frame `buffer[start, end)`; what cannot leave is counted, never thrown. */
  transmit(buffer: Uint8Array, start: number, end: number): void;
  /** Sends what is queued. Called after every batch of received frames. */
  flush(): void;
  stats(): PortStats;
  close(): void;
}

/** A port whose frames wait behind a file descriptor until the packet loop fetches them. */
export interface PollablePort extends Port {
  /** For epoll(7); -1 while there is nothing to wait for. */
  readonly fd: number;
  /** Hands at most `frames_max` waiting frames to the handler and says how many. */
  receiveBatch(frames_max: number): number;
  /** epoll(7) reported an error on `fd`. */
  onPollError(): void;
  /** Called about once a second: notices returning interfaces. */
  maintain(): void;
}
