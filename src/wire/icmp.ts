/** ICMP "destination unreachable, fragmentation needed" (RFC 792; next-hop MTU: RFC 1191, section 4). */
import { internetChecksum } from './checksum';
import { concat, dataView, uint } from './field';
import { IPV4_MIN_HEADER_LENGTH } from './ipv4';

const DESTINATION_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const HEADER_LENGTH = 8;
/** What of the payload of the packet it is about a message quotes. */
const QUOTED_PAYLOAD_OCTETS = 8;

export interface FragmentationNeeded {
  /** The largest packet that would have got through, in octets. */
  nextHopMtu: number;
  /** The beginning of the packet that did not, from its IPv4 header on. */
  quoted: Uint8Array;
}

/** `packet` as it came, from its IPv4 header on; as much of it is quoted as the RFC says. */
export function encodeFragmentationNeeded(nextHopMtu: number, packet: Uint8Array): Uint8Array {
  const ip_header_length = ((packet[0] ?? 0) & 0x0f) * 4;
  const header = new Uint8Array(HEADER_LENGTH);
  header[0] = DESTINATION_UNREACHABLE;
  header[1] = FRAGMENTATION_NEEDED;
  dataView(header).setUint16(6, uint('nextHopMtu', nextHopMtu, 16));
  const message = concat(header, packet.subarray(0, ip_header_length + QUOTED_PAYLOAD_OCTETS));
  dataView(message).setUint16(2, internetChecksum(message));
  return message;
}

/** Undefined if it is another message, cut short, or its checksum is wrong. The quoted octets are a view. */
export function decodeFragmentationNeeded(bytes: Uint8Array): FragmentationNeeded | undefined {
  if (bytes.length < HEADER_LENGTH + IPV4_MIN_HEADER_LENGTH + QUOTED_PAYLOAD_OCTETS) return undefined;
  if (bytes[0] !== DESTINATION_UNREACHABLE || bytes[1] !== FRAGMENTATION_NEEDED) return undefined;
  if (internetChecksum(bytes) !== 0) return undefined;
  return { nextHopMtu: dataView(bytes).getUint16(6), quoted: bytes.subarray(HEADER_LENGTH) };
}
