import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import {
  decodePcap,
  encodePcapHeader,
  encodePcapPacket,
  LINKTYPE_ETHERNET,
  type PcapPacket,
} from '../../wire/pcap';
import { PortError } from '../../afpacket/port_error';
import { emptyPortStats, type FrameHandler, type PollablePort, type PortStats } from './port';

/** Bytes of output kept before they are written. */
const OUTPUT_BYTES_MAX = 64 * 1024;

/**
 * Puts the frames of several files into one order, that of their timestamps. Frames follow each other as fast as
 * they are processed.
 */
export class ReplaySchedule {
  private readonly ports: PcapPort[] = [];
  /** When the first frame comes, in microseconds of performance.now(). */
  private start_us: number | undefined;

  /**
   * @param wait_us from when there is a program to the first frame
   * @param hasProgram frames before there is one would be lost
   */
  constructor(
    private readonly wait_us: number,
    private readonly hasProgram: () => boolean,
  ) {}

  add(port: PcapPort): void {
    this.ports.push(port);
  }

  /** Whether it is this port's turn. */
  allows(port: PcapPort): boolean {
    const mine = port.next_ns;
    if (mine === undefined || !this.hasStarted()) return false;
    return this.ports.every((other) => {
      const theirs = other.next_ns;
      return theirs === undefined || mine < theirs || (mine === theirs && port.number <= other.number);
    });
  }

  private hasStarted(): boolean {
    const now_us = performance.now() * 1000;
    if (this.start_us === undefined) {
      if (!this.hasProgram()) return false;
      this.start_us = now_us + this.wait_us;
    }
    return now_us >= this.start_us;
  }
}

/** A port whose frames come from one pcap file and go to another: `PREFIX_in.pcap`, `PREFIX_out.pcap`. */
export class PcapPort implements PollablePort {
  readonly fd = -1;
  readonly up = true;
  private readonly packets: readonly PcapPacket[];
  private readonly out_fd: number;
  private output: Uint8Array[] = [encodePcapHeader()];
  private output_bytes = 0;
  private output_frames = 0;
  private next = 0;
  private handler: FrameHandler = () => undefined;
  private readonly counts = emptyPortStats();

  /** Throws PortError naming the file that cannot be used. */
  constructor(
    readonly number: number,
    readonly name: string,
    private readonly schedule: ReplaySchedule,
  ) {
    const in_path = `${name}_in.pcap`;
    const out_path = `${name}_out.pcap`;
    try {
      const capture = decodePcap(readFileSync(in_path), in_path);
      if (capture.linkType !== LINKTYPE_ETHERNET)
        throw new Error(
          `${in_path}: link type ${capture.linkType}, expected Ethernet (${LINKTYPE_ETHERNET})`,
        );
      this.packets = capture.packets;
      this.out_fd = openSync(out_path, 'w');
    } catch (error) {
      throw new PortError(`port ${number}: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.writeOutput();
    schedule.add(this);
  }

  /** The time of the next frame; undefined: there are no more. */
  get next_ns(): bigint | undefined {
    return this.packets[this.next]?.timestamp_ns;
  }

  onReceive(handler: FrameHandler): void {
    this.handler = handler;
  }

  receiveBatch(frames_max: number): number {
    let taken = 0;
    while (taken < frames_max && this.schedule.allows(this)) {
      const frame = this.packets[this.next]?.data ?? new Uint8Array(0);
      this.next++;
      taken++;
      this.counts.rx_frames++;
      this.counts.rx_bytes += frame.length;
      this.handler(this.number, frame, 0, frame.length);
    }
    return taken;
  }

  transmit(buffer: Uint8Array, start: number, end: number): void {
    const timestamp_ns = BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1e6));
    const data = buffer.slice(start, end);
    const record = encodePcapPacket({ timestamp_ns, originalLength: data.length, data });
    this.counts.tx_frames++;
    this.counts.tx_bytes += data.length;
    this.output.push(record);
    this.output_frames++;
    this.output_bytes += record.length;
    if (this.output_bytes > OUTPUT_BYTES_MAX) this.writeOutput();
  }

  flush(): void {
    if (this.output.length > 0) this.writeOutput();
  }

  onPollError(): void {
    // There is nothing to poll.
  }

  maintain(): void {
    // Files do not come and go.
  }

  stats(): PortStats {
    return { ...this.counts };
  }

  close(): void {
    this.flush();
    closeSync(this.out_fd);
  }

  private writeOutput(): void {
    const bytes = Buffer.concat(this.output);
    const frames = this.output_frames;
    this.output_frames = 0;
    this.output = [];
    this.output_bytes = 0;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.out_fd, bytes, at);
    } catch {
      // A full disk: what is lost is counted, and the switch goes on.
      this.counts.tx_dropped += frames;
      this.counts.tx_frames -= frames;
    }
  }
}
