import koffi from 'koffi';
import { libc } from '../../afpacket/libc';
import type { PacketSocket } from '../../afpacket/packet_socket';
import type { FrameHandler } from './port';

const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const TPACKET_V2 = 1;
const PROT_READ_WRITE = 0x3;
const MAP_SHARED = 0x01;

const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1 << 0;
const TP_STATUS_CSUMNOTREADY = 1 << 3;
const TP_STATUS_VLAN_VALID = 1 << 4;
const TP_STATUS_VLAN_TPID_VALID = 1 << 6;
const TPID_8021Q = 0x8100;
const MAC_PAIR_BYTES = 12;
const VLAN_TAG_BYTES = 4;

/**
 * Slots for the usual MTU, for jumbo frames and for what virtual interfaces take, few to a block when there is no other
 * way; the ring's own header and a VLAN tag fit in beside the frame.
 */
const SLOT_SIZES_BYTES = [2048, 4096, 10_240, 16_384, 32_768, 65_536];
const SLOT_OVERHEAD_BYTES = 128;
/** A block is contiguous kernel memory; the rest of it that fits no slot stays unused. */
const BLOCK_BYTES = 128 * 1024;
/** 20 MiB: at an MTU of 1500 room for 10,240 frames, so that a switch that had to wait for its CPU loses none. */
const BLOCKS = 160;

export interface RxCounts {
  rx_frames: number;
  rx_bytes: number;
  rx_truncated: number;
  rx_checksum_unfinished: number;
}

/**
 * A PACKET_MMAP receive ring (Documentation/networking/packet_mmap.rst), TPACKET_V2. The kernel fills slots in
 * order and sets TP_STATUS_USER; we hand the bytes on where they lie and set the slot back to TP_STATUS_KERNEL.
 *
 * struct tpacket2_hdr, in 32-bit words: 0 status, 1 len, 2 snaplen, 3 mac|net (16 bits each), 4 sec, 5 nsec,
 * 6 vlan_tci|vlan_tpid.
 */
export class RxRing {
  private readonly address: bigint;
  private readonly length_bytes = BLOCK_BYTES * BLOCKS;
  /** No frame of the interface is longer. */
  readonly slot_bytes: number;
  private readonly slots_per_block: number;
  private words: Int32Array;
  private bytes: Uint8Array;
  /** The next slot: its block, its place there, and where it begins (in 32-bit words). */
  private block = 0;
  private slot_in_block = 0;
  private base = 0;

  constructor(
    socket: PacketSocket,
    mtu_bytes: number,
    private readonly counts: RxCounts,
  ) {
    const needed_bytes = mtu_bytes + SLOT_OVERHEAD_BYTES;
    this.slot_bytes = SLOT_SIZES_BYTES.find((size) => size >= needed_bytes) ?? BLOCK_BYTES;
    this.slots_per_block = Math.floor(BLOCK_BYTES / this.slot_bytes);
    socket.setOption(PACKET_VERSION, 'PACKET_VERSION', TPACKET_V2);
    // Headroom in front of the frame, to put a VLAN tag back where it was.
    socket.setOption(PACKET_RESERVE, 'PACKET_RESERVE', VLAN_TAG_BYTES);
    socket.setOption(
      PACKET_RX_RING,
      'PACKET_RX_RING',
      BLOCK_BYTES,
      BLOCKS,
      this.slot_bytes,
      this.slots_per_block * BLOCKS,
    );
    const address = libc().mmap(null, this.length_bytes, PROT_READ_WRITE, MAP_SHARED, socket.fd, 0);
    // MAP_FAILED is (void *) -1.
    if (BigInt.asIntN(64, BigInt(address)) === -1n) socket.fail('mmap of the receive ring');
    this.address = address;
    const memory = koffi.view(address, this.length_bytes);
    this.words = new Int32Array(memory);
    this.bytes = new Uint8Array(memory);
  }

  /** Gives at most `frames_max` frames to `receive` and returns how many slots it emptied. */
  drain(frames_max: number, port: number, receive: FrameHandler): number {
    const { words, counts } = this;
    let taken = 0;
    while (taken < frames_max) {
      const { base } = this;
      const status = Atomics.load(words, base);
      if ((status & TP_STATUS_USER) === 0) break;
      taken++;
      const length = words[base + 1] ?? 0;
      if (length !== words[base + 2]) {
        counts.rx_truncated++;
      } else {
        let start = base * 4 + ((words[base + 3] ?? 0) & 0xffff);
        const end = start + length;
        if ((status & TP_STATUS_VLAN_VALID) !== 0) start = this.restoreVlanTag(base, start, status);
        if ((status & TP_STATUS_CSUMNOTREADY) !== 0) counts.rx_checksum_unfinished++;
        counts.rx_frames++;
        counts.rx_bytes += end - start;
        receive(port, this.bytes, start, end);
      }
      // Closed by the receiver: the memory is gone.
      if (this.words.length === 0) return taken;
      Atomics.store(words, base, TP_STATUS_KERNEL);
      this.advance();
    }
    return taken;
  }

  /** When the kernel took in the frame that `receive` is being given, by the real-time clock; for that call only. */
  get received_at_us(): number {
    const { words, base } = this;
    return ((words[base + 4] ?? 0) >>> 0) * 1e6 + (words[base + 5] ?? 0) / 1e3;
  }

  /** Frames that can wait at once. */
  get slots(): number {
    return this.slots_per_block * BLOCKS;
  }

  /** Whether frames of this MTU fit the slots. */
  holds(mtu_bytes: number): boolean {
    return mtu_bytes + SLOT_OVERHEAD_BYTES <= this.slot_bytes;
  }

  private advance(): void {
    if (++this.slot_in_block === this.slots_per_block) {
      this.slot_in_block = 0;
      if (++this.block === BLOCKS) this.block = 0;
    }
    this.base = (this.block * BLOCK_BYTES + this.slot_in_block * this.slot_bytes) / 4;
  }

  /** The kernel strips the outer VLAN tag into the header; this puts it back and returns the frame's new start. */
  private restoreVlanTag(base: number, offset: number, status: number): number {
    const vlan = this.words[base + 6] ?? 0;
    const tci = vlan & 0xffff;
    const tpid = (status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? vlan >>> 16 : TPID_8021Q;
    const start = offset - VLAN_TAG_BYTES;
    const tag = start + MAC_PAIR_BYTES;
    this.bytes.copyWithin(start, offset, offset + MAC_PAIR_BYTES);
    this.bytes[tag] = tpid >>> 8;
    this.bytes[tag + 1] = tpid & 0xff;
    this.bytes[tag + 2] = tci >>> 8;
    this.bytes[tag + 3] = tci & 0xff;
    return start;
  }

  /** After this no buffer given out may be touched: its memory is unmapped. */
  close(): void {
    this.words = new Int32Array(0);
    this.bytes = new Uint8Array(0);
    libc().munmap(this.address, this.length_bytes);
  }
}
