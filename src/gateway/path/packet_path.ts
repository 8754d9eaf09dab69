/** The datagram path over one Ethernet interface: the virtualizer's gateway port. */
import type { Logger } from 'pino';
import { PacketReader } from '../../afpacket/packet_reader';
import { PacketSocket, type BpfInstruction } from '../../afpacket/packet_socket';
import { PortError } from '../../afpacket/port_error';
import { TxBatch } from '../../afpacket/tx_batch';
import type { Clock, Timer } from '../../controller/clock';
import { ETHERNET_HEADER_LENGTH } from '../../wire/ethernet';
import { IPV4_MTU_MIN } from '../../wire/ipv4';
import type { MacAddress } from '../../wire/address';
import { GATEWAY_PORTS } from '../../dataplane/gateway_ports';
import type { DatagramPath, DatagramReceiver } from './datagram_path';
import { FrameReceiver } from './frame_receiver';
import { FrameWriter, UDP_PAYLOAD_OCTETS_MAX } from './frame_writer';
import { IpIds } from './ip_ids';
import type { ReassemblyLimits } from './reassembly';

export interface PacketPathOptions {
  interface_name: string;
  /** The gateway's own. Not the interface's, so that the kernel takes no frame of it for its own. */
  mac: MacAddress;
  /** Where frames to the virtual store go: the data plane's. */
  next_hop_mac: MacAddress;
  clock: Clock;
  logger: Logger;
  reassembly?: ReassemblyLimits;
  /** Default: the interface's MTU is what stores take and send. */
  packets?: PacketSizes;
}

/** IP packets, in octets. */
export interface PacketSizes {
  /** What every store takes. */
  sent_octets_max: number;
  /** What some store may send: an interface that is smaller would lose it. */
  received_octets_max: number;
  /** The key of the configuration that says so, for errors. */
  received_key: string;
}

const REASSEMBLY_DEFAULTS: ReassemblyLimits = {
  datagrams_max: 4096,
  octets_max: 64 * 1024 * 1024,
  wait_ms_max: 1000,
};
/** Longer than a datagram's fragments stay under way; the switch forgets a fragmented datagram well within it. */
const ID_REUSE_MS_MIN = 5000;
const ID_PAIRS_MAX = 65_536;
/** Room for thousands of responses that come while this thread does something else. */
const RECEIVE_BUFFER_OCTETS = 32 * 1024 * 1024;
const REOPEN_INTERVAL_MS = 1000;
const SLOT_ALIGNMENT = 64;

/** Passes IPv4/UDP to the upstream ports, and all fragments but the first, which say no port. */
const FILTER: readonly BpfInstruction[] = [
  [0x28, 0, 0, 12], // ldh [12]: the type
  [0x15, 0, 10, 0x0800],
  [0x30, 0, 0, 23], // ldb [23]: the protocol
  [0x15, 0, 8, 17],
  [0x28, 0, 0, 20], // ldh [20]: flags and fragment offset
  [0x45, 5, 0, 0x1fff],
  [0xb1, 0, 0, 14], // ldxb 4*([14]&0xf): the header's length
  [0x48, 0, 0, 16], // ldh [x + 16]: the destination port
  [0x35, 2, 0, GATEWAY_PORTS.unprivileged.first],
  [0x35, 0, 2, GATEWAY_PORTS.privileged.first],
  [0x35, 1, 0, GATEWAY_PORTS.privileged.first + GATEWAY_PORTS.privileged.count],
  [0x06, 0, 0, 0xffff], // take it whole
  [0x06, 0, 0, 0], // drop it
];

interface Open {
  socket: PacketSocket;
  reader: PacketReader;
  batch: TxBatch;
  writer: FrameWriter;
}

export class PacketPath implements DatagramPath {
  private readonly counts = {
    ...{ rx_frames: 0, rx_bytes: 0, rx_dropped: 0, rx_truncated: 0, rx_not_udp: 0, rx_bad_checksum: 0 },
    ...{ reassembled: 0, fragments_refused: 0, reassembly_timeouts: 0, reassembly_overflows: 0 },
    ...{ tx_datagrams: 0, tx_frames: 0, tx_bytes: 0, tx_dropped: 0, tx_oversized: 0 },
    ...{ tx_link_down: 0, tx_no_identification: 0, interface_losses: 0 },
  };
  private readonly ids = new IpIds(ID_REUSE_MS_MIN, ID_PAIRS_MAX);
  /** A small number for each virtual address, for `ids`. */
  private readonly destinations = new Map<number, number>();
  private readonly frames: FrameReceiver;
  private receiver: DatagramReceiver | undefined;
  private open: Open | undefined;
  private flush_is_due = false;
  private timer: Timer | undefined;

  constructor(private readonly options: PacketPathOptions) {
    const { clock, reassembly = REASSEMBLY_DEFAULTS } = options;
    this.frames = new FrameReceiver(reassembly, clock, this.counts, (datagram) =>
      this.receiver?.received(datagram),
    );
  }

  onReceive(receiver: DatagramReceiver): void {
    this.receiver = receiver;
  }

  /** Throws PortError: no such interface, no permission, an MTU below what IPv4 or stores' answers need. One that is down is waited for. */
  start(): void {
    const { interface_name, logger } = this.options;
    this.open = this.openInterface();
    if (this.open === undefined) logger.warn({ interface: interface_name }, 'gateway path is down');
    this.maintain();
  }

  stop(): void {
    this.timer?.cancel();
    this.flush();
    this.closeInterface();
  }

  send(
    source: number,
    source_port: number,
    destination: number,
    destination_port: number,
    payload: Uint8Array,
    payload_sum: number,
    pool_id: number,
  ): void {
    const { open, counts } = this;
    if (open === undefined) {
      counts.tx_link_down++;
      return;
    }
    if (payload.length > UDP_PAYLOAD_OCTETS_MAX) {
      counts.tx_oversized++;
      return;
    }
    let identification: number | undefined = 0;
    if (open.writer.isFragmented(payload.length)) {
      identification = this.ids.take(this.pair(source, destination), this.options.clock.now_ms());
      if (identification === undefined) {
        counts.tx_no_identification++;
        return;
      }
    }
    counts.tx_datagrams++;
    open.writer.write(
      ...([source, source_port, destination, destination_port] as const),
      ...([payload, payload_sum, identification, pool_id] as const),
    );
    if (this.flush_is_due) return;
    this.flush_is_due = true;
    // After everything that this turn of the loop read from other connections.
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.flush_is_due = false;
    this.open?.batch.flush();
  }

  stats(): Record<string, number> {
    this.takeDropped();
    const { waiting, octets } = this.frames;
    return {
      ...this.counts,
      id_pairs_forgotten_early: this.ids.forgotten_early,
      reassembly_waiting: waiting,
      reassembly_octets: octets,
    };
  }

  private pair(source: number, destination: number): number {
    let index = this.destinations.get(destination);
    if (index === undefined) {
      index = this.destinations.size;
      this.destinations.set(destination, index);
    }
    return index * 2 ** 32 + source;
  }

  /** Undefined while the interface is down. */
  private openInterface(): Open | undefined {
    const { interface_name, mac, next_hop_mac, packets } = this.options;
    const socket = new PacketSocket(`gateway path ${interface_name}`, interface_name);
    try {
      if (!socket.linkUp()) {
        socket.close();
        return undefined;
      }
      const mtu = socket.mtu();
      if (mtu < IPV4_MTU_MIN) throw new PortError(`${socket.who}: its MTU is ${mtu}, too small for IPv4`);
      if (packets !== undefined && mtu < packets.received_octets_max) {
        const { received_key: key, received_octets_max: least } = packets;
        throw new PortError(
          `${socket.who}: its MTU is ${mtu}, expected at least ${least}, as ${key} has stores answer in packets of that size: ip link set ${interface_name} mtu ${least}, and likewise its other end`,
        );
      }
      const sent_octets_max = Math.min(mtu, packets?.sent_octets_max ?? mtu);
      const frame_octets = ETHERNET_HEADER_LENGTH + mtu;
      const slot_octets = Math.ceil(frame_octets / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
      socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
      socket.setFilter(FILTER);
      socket.bind();
      const batch = new TxBatch(socket.fd, slot_octets, this.counts);
      const reader = new PacketReader(
        socket,
        slot_octets,
        this.counts,
        (buffer, view, start, end) => this.frames.read(buffer, view, start, end),
        () => this.receiver?.turnEnded(),
        (code) => this.lost(code),
      );
      return { socket, reader, batch, writer: new FrameWriter(batch, mac, next_hop_mac, sent_octets_max) };
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  private lost(code: string): void {
    this.counts.interface_losses++;
    this.options.logger.warn({ interface: this.options.interface_name, code }, 'gateway path lost');
    this.closeInterface();
  }

  /** Opens an interface again that had gone, and gives up fragments nobody waits for any more. */
  private maintain(): void {
    const { clock, logger, interface_name } = this.options;
    if (this.open === undefined) {
      try {
        this.open = this.openInterface();
        if (this.open !== undefined) logger.info({ interface: interface_name }, 'gateway path open again');
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
      }
    }
    this.frames.expire();
    this.timer = clock.after(REOPEN_INTERVAL_MS, () => this.maintain());
  }

  private closeInterface(): void {
    if (this.open === undefined) return;
    this.takeDropped();
    this.open.reader.close();
    this.open.socket.close();
    this.open = undefined;
  }

  private takeDropped(): void {
    if (this.open !== undefined) this.counts.rx_dropped += this.open.socket.takeDropped();
  }
}
