import koffi from 'koffi';
import { EPERM, errno, libc } from './libc';
import { PortError } from './port_error';

/** <linux/if_ether.h>, <bits/socket.h>, <linux/if_packet.h>, <linux/sockios.h> */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_STATISTICS = 6;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
const FIONBIO = 0x5421;
const PACKET_MR_PROMISC = 1;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFNAMSIZ_BYTES = 16;

const scratch = Buffer.alloc(64);
const scratch_length = new Uint32Array(1);

/** struct sock_filter (linux/filter.h): operation, jumps if true and if false, operand. */
export type BpfInstruction = readonly [operation: number, if_true: number, if_false: number, operand: number];

/** A raw AF_PACKET socket (packet(7)) of one interface, bound only when its rings are ready. */
export class PacketSocket {
  readonly fd: number;
  readonly interface_index: number;

  /** `who` ("port 1@eth0") begins every error message. */
  constructor(
    readonly who: string,
    readonly interface_name: string,
  ) {
    const c = libc();
    if (Buffer.byteLength(interface_name) >= IFNAMSIZ_BYTES) {
      throw new PortError(`${who}: "${interface_name}" is longer than an interface name can be (15 bytes)`);
    }
    this.interface_index = c.if_nametoindex(interface_name);
    if (this.interface_index === 0) throw new PortError(`${who}: interface ${interface_name} does not exist`);
    // Protocol 0: nothing is received before bind, so no foreign frame enters the ring.
    this.fd = c.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (this.fd < 0) {
      if (errno() === EPERM) throw new PortError(`${who}: packet sockets need root or CAP_NET_RAW`);
      this.fail('socket');
    }
  }

  setOption(option: number, name: string, ...words: number[]): void {
    words.forEach((word, i) => scratch.writeUInt32LE(word, i * 4));
    if (libc().setsockopt(this.fd, SOL_PACKET, option, scratch, words.length * 4) < 0) {
      this.fail(`setsockopt ${name}`);
    }
  }

  /** Makes the socket the interface's: own transmissions not seen, no queueing discipline, all destinations. */
  bind(): void {
    this.setOption(PACKET_IGNORE_OUTGOING, 'PACKET_IGNORE_OUTGOING', 1);
    this.setOption(PACKET_QDISC_BYPASS, 'PACKET_QDISC_BYPASS', 1);
    // struct packet_mreq: int index, unsigned short type, unsigned short alen, unsigned char address[8]
    this.setOption(
      PACKET_ADD_MEMBERSHIP,
      'PACKET_ADD_MEMBERSHIP',
      this.interface_index,
      PACKET_MR_PROMISC,
      0,
      0,
    );
    // struct sockaddr_ll: family, protocol (network order), index, ...
    scratch.fill(0);
    scratch.writeUInt16LE(AF_PACKET, 0);
    scratch.writeUInt16BE(ETH_P_ALL, 2);
    scratch.writeInt32LE(this.interface_index, 4);
    if (libc().bind(this.fd, scratch, 20) < 0) this.fail('bind');
  }

  /** How much may wait where there is no ring; beyond what the system allows others. */
  setReceiveBuffer(octets: number): void {
    scratch.writeUInt32LE(octets, 0);
    if (libc().setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, scratch, 4) < 0) {
      this.fail('setsockopt SO_RCVBUFFORCE');
    }
  }

  /** Only frames that the classic BPF program lets pass are received. Before `bind`. */
  setFilter(program: readonly BpfInstruction[]): void {
    const code = Buffer.alloc(program.length * 8);
    program.forEach(([operation, if_true, if_false, operand], i) => {
      code.writeUInt16LE(operation, i * 8);
      code.writeUInt8(if_true, i * 8 + 2);
      code.writeUInt8(if_false, i * 8 + 3);
      code.writeUInt32LE(operand, i * 8 + 4);
    });
    // struct sock_fprog: unsigned short len, struct sock_filter *filter
    scratch.fill(0);
    scratch.writeUInt16LE(program.length, 0);
    scratch.writeBigUInt64LE(BigInt(koffi.address(code)), 8);
    if (libc().setsockopt(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, scratch, 16) < 0) {
      this.fail('setsockopt SO_ATTACH_FILTER');
    }
  }

  setNonBlocking(): void {
    scratch.writeInt32LE(1, 0);
    if (libc().ioctl(this.fd, FIONBIO, scratch) < 0) this.fail('ioctl FIONBIO');
  }

  /** Frames the kernel dropped because the ring was full, since the last call. */
  takeDropped(): number {
    scratch_length[0] = 8;
    if (libc().getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, scratch, scratch_length) < 0) return 0;
    return scratch.readUInt32LE(4);
  }

  /** Clears and returns the socket's pending error; until then poll reports it again and again. */
  takeError(): number {
    scratch_length[0] = 4;
    if (libc().getsockopt(this.fd, SOL_SOCKET, SO_ERROR, scratch, scratch_length) < 0) return errno();
    return scratch.readInt32LE(0);
  }

  /** Whether the interface this socket was bound to still exists under its name. */
  exists(): boolean {
    return libc().if_nametoindex(this.interface_name) === this.interface_index;
  }

  /** Whether the interface is administratively up and has a carrier. */
  linkUp(): boolean {
    scratch.fill(0);
    scratch.write(this.interface_name, 0, 'utf8');
    if (libc().ioctl(this.fd, SIOCGIFFLAGS, scratch) < 0) return false;
    const wanted = IFF_UP | IFF_RUNNING;
    return (scratch.readUInt16LE(IFNAMSIZ_BYTES) & wanted) === wanted;
  }

  /** The interface's MTU; 0 if it cannot be had (the interface is gone). */
  mtu(): number {
    scratch.fill(0);
    scratch.write(this.interface_name, 0, 'utf8');
    return libc().ioctl(this.fd, SIOCGIFMTU, scratch) < 0 ? 0 : scratch.readInt32LE(IFNAMSIZ_BYTES);
  }

  close(): void {
    libc().close(this.fd);
  }

  fail(call: string): never {
    const reason = libc().strerror(errno());
    if (this.fd >= 0) this.close();
    throw new PortError(`${this.who}: ${call}: ${reason}`);
  }
}
