/** NFS WRITEs of several fragments, each fragment marked with the number of the request it is of. */
import { numberToIpv4 } from '../../wire/address';
import { internetChecksum } from '../../wire/checksum';
import { ETHERNET_HEADER_LENGTH, decodeEthernet, encodeEthernet } from '../../wire/ethernet';
import { concat, dataView } from '../../wire/field';
import { encodeUdpFrame } from '../../wire/frame';
import { decodeIpv4, encodeIpv4, IPV4_MIN_HEADER_LENGTH } from '../../wire/ipv4';
import { fragmentIpv4 } from '../../wire/ipv4_fragment';
import { AUTH_NONE, encodeRpc, RPC_PROGRAM } from '../../wire/rpc';
import { UDP_HEADER_LENGTH } from '../../wire/udp';
import { XdrWriter } from '../../wire/xdr';

export const FRAGMENTS_MIN = 2;
export const FRAGMENTS_MAX = 6;
/** Small fragments, since not copying but placing them is looked at. The first holds all headers there are. */
const FRAGMENT_OCTETS = 256;
const NFS_WRITE = 7;
const HANDLE_OCTETS = 32;
const RPC_CALL_OCTETS = 40;

const IP = ETHERNET_HEADER_LENGTH;
const PAYLOAD = IP + IPV4_MIN_HEADER_LENGTH;
const XID = PAYLOAD + UDP_HEADER_LENGTH;
const HANDLE = XID + RPC_CALL_OCTETS + 4;

export interface RequestFields {
  /** Also its xid. */
  number: number;
  /** As a number: see `ipv4ToNumber`. */
  client: number;
  identification: number;
  /** Which file it writes to. */
  file: number;
}

/** Frames of one request, in order. */
export class RequestMaker {
  /** By number of fragments. */
  readonly #templates: readonly (readonly Uint8Array[])[];

  constructor(vip: string, client_mac: string, port_mac: string) {
    this.#templates = Array.from({ length: FRAGMENTS_MAX + 1 }, (_, count) =>
      count < FRAGMENTS_MIN ? [] : template(count, vip, client_mac, port_mac),
    );
  }

  make(fragments: number, { number, client, identification, file }: RequestFields): Uint8Array[] {
    const frames = (this.#templates[fragments] ?? []).map((frame) => Uint8Array.from(frame));
    for (const [index, frame] of frames.entries()) {
      const view = dataView(frame);
      view.setUint16(IP + 4, identification);
      view.setUint32(IP + 12, client);
      view.setUint16(IP + 10, 0);
      view.setUint16(IP + 10, internetChecksum(frame.subarray(IP, PAYLOAD)));
      if (index === 0) {
        view.setUint32(XID, number);
        view.setUint32(HANDLE, file);
      }
      view.setUint32(frame.length - 4, number);
    }
    return frames;
  }
}

/** The number of the request that a fragment is of. */
export function requestNumber(frame: Uint8Array): number {
  return dataView(frame).getUint32(frame.length - 4);
}

/** Where a fragment's octets belong in its datagram. */
export function offsetOf(frame: Uint8Array): number {
  return (dataView(frame).getUint16(IP + 6) & 0x1fff) * 8;
}

/** Of two frames of the network behind a switch: nothing but Ethernet addresses may differ. */
export function isSamePacket(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one.subarray(IP), other.subarray(IP)) === 0;
}

function template(count: number, vip: string, client_mac: string, port_mac: string): Uint8Array[] {
  const handle = new XdrWriter().opaque(new Uint8Array(HANDLE_OCTETS)).finish();
  const before = UDP_HEADER_LENGTH + RPC_CALL_OCTETS + handle.length;
  const message = encodeRpc({
    kind: 'call',
    xid: 0,
    program: RPC_PROGRAM.nfs,
    version: 3,
    procedure: NFS_WRITE,
    credential: AUTH_NONE,
    verifier: AUTH_NONE,
    args: concat(handle, new Uint8Array(count * FRAGMENT_OCTETS - before)),
  });
  const frame = encodeUdpFrame(
    { sourceMac: client_mac, destinationMac: port_mac, source: numberToIpv4(0), destination: vip },
    { sourcePort: 700, destinationPort: 2049, payload: message },
  );
  // No checksum: it would have to follow what is written into the fragments.
  dataView(frame).setUint16(PAYLOAD + 6, 0);
  const ethernet = decodeEthernet(frame);
  const packet = ethernet && decodeIpv4(ethernet.payload);
  if (ethernet === undefined || packet === undefined) throw new Error('a frame that does not decode');
  return fragmentIpv4(packet, IPV4_MIN_HEADER_LENGTH + FRAGMENT_OCTETS).map((fragment) =>
    encodeEthernet({ ...ethernet, payload: encodeIpv4(fragment) }),
  );
}
