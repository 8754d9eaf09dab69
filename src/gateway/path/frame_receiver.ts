/** UDP datagrams out of received frames: whole ones where they lie, fragmented ones put together. */
import type { Clock } from '../../controller/clock';
import { foldedChecksum, wordSum } from '../../wire/checksum';
import { ETHERNET_HEADER_LENGTH, ETHERTYPE } from '../../wire/ethernet';
import { IP_PROTOCOL, IPV4_MIN_HEADER_LENGTH } from '../../wire/ipv4';
import { UDP_HEADER_LENGTH } from '../../wire/udp';
import type { ReceivedDatagram } from './datagram_path';
import { Reassembly, type Fragment, type ReassemblyCounts, type ReassemblyLimits } from './reassembly';

export interface FrameReceiverCounts extends ReassemblyCounts {
  /** Frames that are not IPv4 with UDP, or cut short. */
  rx_not_udp: number;
  /** Of IP or UDP. */
  rx_bad_checksum: number;
}

const NOTHING = new Uint8Array(0);
const NO_VIEW = new DataView(NOTHING.buffer);

export class FrameReceiver {
  private readonly reassembly: Reassembly;
  /** The one object that all datagrams are handed over in. */
  private readonly datagram: ReceivedDatagram = {
    ...{ source: 0, source_port: 0, destination: 0, destination_port: 0 },
    ...{ buffer: NOTHING, view: NO_VIEW, start: 0, end: 0, is_owned: false },
  };
  private readonly fragment: Fragment = {
    ...{ source: 0, destination: 0, identification: 0, offset: 0, more: false },
    ...{ buffer: NOTHING, view: NO_VIEW, start: 0, end: 0 },
  };

  constructor(
    limits: ReassemblyLimits,
    private readonly clock: Clock,
    private readonly counts: FrameReceiverCounts,
    private readonly received: (datagram: ReceivedDatagram) => void,
  ) {
    this.reassembly = new Reassembly(limits, counts);
  }

  get waiting(): number {
    return this.reassembly.waiting;
  }

  get octets(): number {
    return this.reassembly.octets;
  }

  expire(): void {
    this.reassembly.expire(this.clock.now_ms());
  }

  /** One frame: `buffer[start, end)`. */
  read(buffer: Uint8Array, view: DataView, start: number, end: number): void {
    const ip = start + ETHERNET_HEADER_LENGTH;
    if (end - ip < IPV4_MIN_HEADER_LENGTH || view.getUint16(ip - 2) !== ETHERTYPE.ipv4) return this.refuse();
    const header_octets = (view.getUint8(ip) & 0x0f) * 4;
    const total = view.getUint16(ip + 2);
    const is_sound =
      view.getUint8(ip) >> 4 === 4 && header_octets >= IPV4_MIN_HEADER_LENGTH && total >= header_octets;
    if (!is_sound || total > end - ip || view.getUint8(ip + 9) !== IP_PROTOCOL.udp) return this.refuse();
    if (foldedChecksum(wordSum(view, ip, ip + header_octets)) !== 0) {
      this.counts.rx_bad_checksum++;
      return;
    }
    const flags = view.getUint16(ip + 6);
    const source = view.getUint32(ip + 12);
    const destination = view.getUint32(ip + 16);
    const from = ip + header_octets;
    const until = ip + total;
    if ((flags & 0x3fff) === 0) {
      this.readUdp(source, destination, buffer, view, from, until, false);
      return;
    }
    const { fragment } = this;
    fragment.source = source;
    fragment.destination = destination;
    fragment.identification = view.getUint16(ip + 4);
    fragment.offset = (flags & 0x1fff) * 8;
    fragment.more = (flags & 0x2000) !== 0;
    fragment.buffer = buffer;
    fragment.view = view;
    fragment.start = from;
    fragment.end = until;
    const whole = this.reassembly.add(fragment, this.clock.now_ms());
    if (whole === undefined) return;
    this.readUdp(source, destination, whole.buffer, whole.view, 0, whole.length, true);
  }

  private readUdp(
    source: number,
    destination: number,
    buffer: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    is_owned: boolean,
  ): void {
    if (end - start < UDP_HEADER_LENGTH) return this.refuse();
    const length = view.getUint16(start + 4);
    if (length < UDP_HEADER_LENGTH || length > end - start) return this.refuse();
    if (view.getUint16(start + 6) !== 0) {
      const addresses = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
      const sum = wordSum(view, start, start + length) + addresses + IP_PROTOCOL.udp + length;
      if (foldedChecksum(sum) !== 0) {
        this.counts.rx_bad_checksum++;
        return;
      }
    }
    const { datagram } = this;
    datagram.source = source;
    datagram.source_port = view.getUint16(start);
    datagram.destination = destination;
    datagram.destination_port = view.getUint16(start + 2);
    datagram.buffer = buffer;
    datagram.view = view;
    datagram.start = start + UDP_HEADER_LENGTH;
    datagram.end = start + length;
    datagram.is_owned = is_owned;
    this.received(datagram);
  }

  private refuse(): void {
    this.counts.rx_not_udp++;
  }
}
