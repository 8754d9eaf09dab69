import koffi from 'koffi';
import { EAGAIN, EINTR, errno, libc } from './libc';

const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const BATCH_FRAMES = 64;
/** struct mmsghdr and struct iovec of a 64-bit system. */
const MMSGHDR_BYTES = 64;
const MMSGHDR_WORDS = MMSGHDR_BYTES / 4;
const IOVEC_BYTES = 16;
/** 32-bit words of struct mmsghdr: msg_flags and msg_len. */
const FLAGS_WORD = 12;
const LENGTH_WORD = 14;

export interface RxBatchCounts {
  rx_frames: number;
  rx_bytes: number;
  /** Longer than a slot; dropped whole. */
  rx_truncated: number;
}

/** A frame is `buffer[start, end)`; `view` is of the same buffer. Valid only during the call. */
export type FrameReader = (buffer: Uint8Array, view: DataView, start: number, end: number) => void;

/** Frames fetched from a packet socket without a ring, up to 64 by one recvmmsg(2). */
export class RxBatch {
  /** What one call gives at most; after fewer nothing waited. */
  readonly frames_max = BATCH_FRAMES;
  private readonly frames: Uint8Array;
  private readonly view: DataView;
  private readonly iovecs: BigUint64Array;
  private readonly headers = new BigUint64Array((BATCH_FRAMES * MMSGHDR_BYTES) / 8);
  private readonly header_words = new Uint32Array(this.headers.buffer);
  private readonly headers_address: bigint;

  /** @param slot_bytes the longest frame that is taken */
  constructor(
    private readonly slot_bytes: number,
    private readonly counts: RxBatchCounts,
  ) {
    this.frames = new Uint8Array(BATCH_FRAMES * slot_bytes);
    this.view = new DataView(this.frames.buffer);
    this.iovecs = new BigUint64Array((BATCH_FRAMES * IOVEC_BYTES) / 8);
    const frames_address = BigInt(koffi.address(this.frames));
    const iovecs_address = BigInt(koffi.address(this.iovecs));
    this.headers_address = BigInt(koffi.address(this.headers));
    for (let i = 0; i < BATCH_FRAMES; i++) {
      this.iovecs[i * 2] = frames_address + BigInt(i * slot_bytes);
      this.iovecs[i * 2 + 1] = BigInt(slot_bytes);
      // struct msghdr: name, namelen, iov, iovlen, control, controllen, flags
      this.headers[i * 8 + 2] = iovecs_address + BigInt(i * IOVEC_BYTES);
      this.headers[i * 8 + 3] = 1n;
    }
  }

  /** Gives what waits, 64 frames at most, to `read`; how many were there, negative: the errno. */
  receive(fd: number, read: FrameReader): number {
    const { counts, header_words } = this;
    const count = libc().recvmmsg(fd, this.headers_address, BATCH_FRAMES, MSG_DONTWAIT, null);
    if (count < 0) {
      const code = errno();
      return code === EAGAIN || code === EINTR ? 0 : -code;
    }
    for (let i = 0; i < count; i++) {
      const length = header_words[i * MMSGHDR_WORDS + LENGTH_WORD] ?? 0;
      if (((header_words[i * MMSGHDR_WORDS + FLAGS_WORD] ?? 0) & MSG_TRUNC) !== 0) {
        counts.rx_truncated++;
        continue;
      }
      counts.rx_frames++;
      counts.rx_bytes += length;
      const start = i * this.slot_bytes;
      read(this.frames, this.view, start, start + length);
    }
    return count;
  }
}
