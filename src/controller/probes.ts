/** What health checks send to a store, and what comes back. Each has a number, by which its answer is known. */
import { encodeTcpFrame, encodeUdpFrame, type Frame, type FrameAddresses } from '../wire/frame';
import { AUTH_NONE, decodeRpc, encodeRpc } from '../wire/rpc';
import { hasTcpFlag, TCP_FLAG } from '../wire/tcp';
import { PROBE_PORT, type CheckTarget } from './check_plan';

export interface ProbeAnswer {
  check: CheckTarget['check'];
  /** The probe's. */
  number: number;
  /** The store's. */
  port: number;
  /** Undefined: the store serves. */
  failure: string | undefined;
}

/**
 * null_rpc: a NULL call (RFC 5531, section 12.1) over UDP whose xid is the number. tcp_connect: a SYN whose sequence number it is,
 * as no more of a connection is needed to know that somebody listens.
 */
export function probeFrame(target: CheckTarget, addresses: FrameAddresses, number: number): Uint8Array {
  if (target.check === 'tcp_connect') return segment(addresses, target.port, TCP_FLAG.syn, number);
  const payload = encodeRpc({
    kind: 'call',
    xid: number,
    program: target.program,
    version: target.version,
    procedure: 0,
    credential: AUTH_NONE,
    verifier: AUTH_NONE,
    args: new Uint8Array(0),
  });
  return encodeUdpFrame(addresses, { sourcePort: PROBE_PORT, destinationPort: target.port, payload });
}

/** Undefined if the frame is no answer to a check. */
export function readAnswer({ udp, tcp }: Frame): ProbeAnswer | undefined {
  if (tcp !== undefined && tcp.destinationPort === PROBE_PORT && hasTcpFlag(tcp, 'ack')) {
    const failure = hasTcpFlag(tcp, 'rst')
      ? 'refused the connection'
      : hasTcpFlag(tcp, 'syn')
        ? undefined
        : 'answered by no SYN';
    const number = (tcp.acknowledgement - 1) >>> 0;
    return { check: 'tcp_connect', number, port: tcp.sourcePort, failure };
  }
  const reply = udp?.destinationPort === PROBE_PORT ? decodeRpc(udp.payload) : undefined;
  if (udp === undefined || reply?.kind !== 'reply') return undefined;
  const { status } = reply.outcome;
  const failure = status === 'success' ? undefined : `answered ${status}`;
  return { check: 'null_rpc', number: reply.xid, port: udp.sourcePort, failure };
}

/**
 * Ends what a SYN of ours has begun, or whatever else the store has from that port: otherwise it would wait for the rest, and not take
 * the next SYN for the beginning of another. Undefined if there is nothing to end.
 */
export function closingFrame({ ethernet, ipv4, tcp }: Frame): Uint8Array | undefined {
  if (ipv4 === undefined || tcp === undefined || tcp.destinationPort !== PROBE_PORT) return undefined;
  if (!hasTcpFlag(tcp, 'ack') || hasTcpFlag(tcp, 'rst')) return undefined;
  const addresses = {
    sourceMac: ethernet.destination,
    destinationMac: ethernet.source,
    source: ipv4.destination,
    destination: ipv4.source,
  };
  return segment(addresses, tcp.sourcePort, TCP_FLAG.rst, tcp.acknowledgement);
}

function segment(
  addresses: FrameAddresses,
  destinationPort: number,
  flags: number,
  sequence: number,
): Uint8Array {
  return encodeTcpFrame(addresses, {
    sourcePort: PROBE_PORT,
    destinationPort,
    sequence,
    acknowledgement: 0,
    flags,
    window: 1024,
    urgentPointer: 0,
    options: new Uint8Array(0),
    payload: new Uint8Array(0),
  });
}
