/** The frames of the simulation: built once for each client and procedure, then patched in place. */
import { encodeDirectoryEntryArgs, encodeHandleArgs, encodeRangeArgs, encodeWriteArgs } from '../wire/nfs3';
import { NFS3_PROCEDURE, NFS3_VERSION, NFS_PORT, WRITE_STABILITY } from '../wire/nfs3';
import { decodeFrame, encodeTcpFrame, encodeUdpFrame, type FrameAddresses } from '../wire/frame';
import { AUTH_NONE, decodeRpc, encodeAuthSys, encodeRpc, RPC_PROGRAM } from '../wire/rpc';
import { TCP_FLAG } from '../wire/tcp';
import { CLIENT_SIDE_MAC, clientAddress, clientMac, STORE_SIDE_MAC, storeMac, VIP } from './site';

const SOURCE_PORT = 700;
const SOURCE_PORT_OFFSET = 14 + 20;
const UDP_CHECKSUM_OFFSET = 14 + 20 + 6;
const XID_OFFSET = 14 + 20 + 8;
const HANDLE_OCTETS = 32;
const CREDENTIAL = encodeAuthSys({ stamp: 0, machineName: 'client', uid: 0, gid: 0, gids: [] });
/** Header of the call (RFC 5531): six words, the credential, an empty verifier; then the handle's length. */
const HANDLE_OFFSET = XID_OFFSET + 6 * 4 + 8 + CREDENTIAL.body.length + 8 + 4;

export class Frames {
  readonly #calls = new Map<number, Buffer>();
  readonly #replies = new Map<number, Buffer>();
  readonly #acknowledgements = new Map<number, Buffer>();

  /** Valid until the next call of this client and procedure. One frame each: a WRITE is short. */
  call(client: number, procedure: number, object: number, xid: number): Buffer {
    const key = client * 32 + procedure;
    let frame = this.#calls.get(key);
    if (frame === undefined) {
      frame = callFrame(client, procedure);
      this.#calls.set(key, frame);
    }
    frame.writeUInt32BE(xid, XID_OFFSET);
    frame.writeUInt32BE(object, HANDLE_OFFSET);
    return frame;
  }

  /** Valid until the next reply to this client. */
  reply(store: number, client: number, xid: number): Buffer {
    let frame = this.#replies.get(client);
    if (frame === undefined) {
      frame = replyFrame(client);
      this.#replies.set(client, frame);
    }
    frame.writeUInt32BE(xid, XID_OFFSET);
    frame.writeUInt16BE(store, 10);
    return frame;
  }

  /** Of a TCP connection to the virtual store; valid until the next of this client. Checksums are right where the controller looks. */
  segment(client: number, source_port: number, flags: number): Buffer {
    if (flags !== TCP_FLAG.ack) return segmentFrame(client, source_port, flags);
    let frame = this.#acknowledgements.get(client);
    if (frame === undefined) {
      frame = segmentFrame(client, source_port, flags);
      this.#acknowledgements.set(client, frame);
    }
    frame.writeUInt16BE(source_port, SOURCE_PORT_OFFSET);
    return frame;
  }
}

/** What a store answers to a call of NULL over UDP; undefined if that is none. */
export function nullAnswer(frame: Uint8Array): Uint8Array | undefined {
  const { ethernet, ipv4, udp } = decodeFrame(frame) ?? {};
  const call = udp === undefined ? undefined : decodeRpc(udp.payload);
  if (ethernet === undefined || ipv4 === undefined || udp === undefined || call?.kind !== 'call') {
    return undefined;
  }
  return encodeUdpFrame(
    {
      sourceMac: ethernet.destination,
      destinationMac: ethernet.source,
      source: ipv4.destination,
      destination: ipv4.source,
    },
    {
      sourcePort: udp.destinationPort,
      destinationPort: udp.sourcePort,
      payload: encodeRpc({
        kind: 'reply',
        xid: call.xid,
        verifier: AUTH_NONE,
        outcome: { status: 'success', results: new Uint8Array(0) },
      }),
    },
  );
}

function addressesOf(client: number): FrameAddresses {
  return {
    sourceMac: clientMac(client),
    destinationMac: CLIENT_SIDE_MAC,
    source: clientAddress(client),
    destination: VIP,
  };
}

function segmentFrame(client: number, sourcePort: number, flags: number): Buffer {
  return Buffer.from(
    encodeTcpFrame(addressesOf(client), {
      sourcePort,
      destinationPort: NFS_PORT,
      sequence: 0,
      acknowledgement: 0,
      flags,
      window: 65535,
      urgentPointer: 0,
      options: new Uint8Array(0),
      payload: new Uint8Array(0),
    }),
  );
}

function callFrame(client: number, procedure: number): Buffer {
  const frame = encodeUdpFrame(addressesOf(client), {
    sourcePort: SOURCE_PORT,
    destinationPort: NFS_PORT,
    payload: encodeRpc({
      kind: 'call',
      xid: 0,
      program: RPC_PROGRAM.nfs,
      version: NFS3_VERSION,
      procedure,
      credential: CREDENTIAL,
      verifier: AUTH_NONE,
      args: argsOf(procedure, new Uint8Array(HANDLE_OCTETS).fill(0x43)),
    }),
  });
  return withoutChecksum(frame);
}

function argsOf(procedure: number, handle: Uint8Array): Uint8Array {
  switch (procedure) {
    case NFS3_PROCEDURE.LOOKUP:
    case NFS3_PROCEDURE.REMOVE:
      return encodeDirectoryEntryArgs(handle, 'a-name');
    case NFS3_PROCEDURE.READ:
    case NFS3_PROCEDURE.COMMIT:
      return encodeRangeArgs(handle, 0n, 512);
    case NFS3_PROCEDURE.WRITE:
      return encodeWriteArgs(handle, 0n, WRITE_STABILITY.UNSTABLE, new Uint8Array(512));
    default:
      // Whatever follows the handle, nobody here reads it.
      return encodeHandleArgs(handle);
  }
}

function replyFrame(client: number): Buffer {
  const frame = encodeUdpFrame(
    {
      sourceMac: storeMac(0),
      destinationMac: STORE_SIDE_MAC,
      source: VIP,
      destination: clientAddress(client),
    },
    {
      sourcePort: NFS_PORT,
      destinationPort: SOURCE_PORT,
      payload: encodeRpc({
        kind: 'reply',
        xid: 0,
        verifier: AUTH_NONE,
        outcome: { status: 'success', results: new Uint8Array(88) },
      }),
    },
  );
  return withoutChecksum(frame);
}

/** So that every copy may carry an xid of its own. */
function withoutChecksum(bytes: Uint8Array): Buffer {
  const frame = Buffer.from(bytes);
  frame.writeUInt16BE(0, UDP_CHECKSUM_OFFSET);
  return frame;
}
