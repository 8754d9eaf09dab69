import { PCAP_RECORD_HEADER_BYTES, putPcapRecordHeader } from '../../wire/pcap';
import type { FrameTap } from './wrappers';

/** Records of a pcap file (little-endian, microseconds), to be appended to what came before. */
export interface CaptureChunk {
  port: number;
  direction: 'in' | 'out';
  records: Uint8Array;
  frames: number;
}

const CHUNK_BYTES = 256 * 1024;

interface Filling {
  bytes: Uint8Array;
  view: DataView;
  used: number;
  frames: number;
}

/** Collects frames as pcap records, so that whoever writes files gets them a chunk at a time. */
export class CaptureBuffer implements FrameTap {
  private readonly filling = new Map<number, Filling>();

  /**
   * @param epoch_us what to add to the clock to get microseconds since 1970
   * @param give takes a chunk; it is its to keep
   */
  constructor(
    private readonly clock: { readonly now_us: number },
    private readonly epoch_us: number,
    private readonly give: (chunk: CaptureChunk) => void,
  ) {}

  frame(port: number, direction: 'in' | 'out', buffer: Uint8Array, start: number, end: number): void {
    const key = port * 2 + (direction === 'in' ? 0 : 1);
    const needed = PCAP_RECORD_HEADER_BYTES + end - start;
    let chunk = this.filling.get(key);
    if (chunk !== undefined && chunk.used + needed > chunk.bytes.length) {
      this.pass(key, chunk);
      chunk = undefined;
    }
    if (chunk === undefined) {
      const bytes = new Uint8Array(Math.max(CHUNK_BYTES, needed));
      chunk = { bytes, view: new DataView(bytes.buffer), used: 0, frames: 0 };
      this.filling.set(key, chunk);
    }
    putPcapRecordHeader(chunk.view, chunk.used, this.epoch_us + this.clock.now_us, end - start);
    chunk.bytes.set(buffer.subarray(start, end), chunk.used + PCAP_RECORD_HEADER_BYTES);
    chunk.used += needed;
    chunk.frames++;
  }

  /** Gives away what was collected. */
  flush(): void {
    for (const [key, chunk] of this.filling) this.pass(key, chunk);
  }

  private pass(key: number, chunk: Filling): void {
    this.filling.delete(key);
    this.give({
      port: key >> 1,
      direction: (key & 1) === 0 ? 'in' : 'out',
      records: chunk.bytes.subarray(0, chunk.used),
      frames: chunk.frames,
    });
  }
}
