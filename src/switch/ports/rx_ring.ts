import koffi from 'koffi';
import { libc } from './libc';
import type { PacketSocket } from './packet_socket';
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

/** Room for the ring's header and a jumbo frame of 9000 octets with its tags. */
const SLOT_BYTES = 10_240;
/** 64 slots are ten 64 KiB of memory: no gaps between slots of a block, and blocks the kernel can find. */
const SLOTS_PER_BLOCK = 64;
const BLOCK_BYTES = SLOT_BYTES * SLOTS_PER_BLOCK;
const BLOCKS = 32;

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
  private readonly slots = SLOTS_PER_BLOCK * BLOCKS;
  private words: Int32Array;
  private bytes: Uint8Array;
  private slot = 0;

  constructor(
    socket: PacketSocket,
    private readonly counts: RxCounts,
  ) {
    socket.setOption(PACKET_VERSION, 'PACKET_VERSION', TPACKET_V2);
    // Headroom in front of the frame, to put a VLAN tag back where it was.
    socket.setOption(PACKET_RESERVE, 'PACKET_RESERVE', VLAN_TAG_BYTES);
    socket.setOption(PACKET_RX_RING, 'PACKET_RX_RING', BLOCK_BYTES, BLOCKS, SLOT_BYTES, this.slots);
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
      const base = this.slot * (SLOT_BYTES / 4);
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
      this.slot = this.slot + 1 === this.slots ? 0 : this.slot + 1;
    }
    return taken;
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
