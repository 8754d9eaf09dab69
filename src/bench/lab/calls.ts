import { encodeUdpFrame, type FrameAddresses } from '../../wire/frame';
import { AUTH_NONE, encodeAuthSys, encodeRpc, RPC_PROGRAM } from '../../wire/rpc';
import { XdrWriter } from '../../wire/xdr';

const NFS_VERSION = 3;
const GETATTR = 1;

export const CALL_LENGTH = 142;
export const XID_OFFSET = 14 + 20 + 8;
const UDP_CHECKSUM_OFFSET = 14 + 20 + 6;

/** One NFSv3 GETATTR call with AUTH_SYS and a 32-byte file handle, as an Ethernet frame of 142 bytes. */
export function getattrCall(addresses: FrameAddresses): Buffer {
  const payload = encodeRpc({
    kind: 'call',
    xid: 0,
    program: RPC_PROGRAM.nfs,
    version: NFS_VERSION,
    procedure: GETATTR,
    credential: encodeAuthSys({ stamp: 0, machineName: 'lab1', uid: 0, gid: 0, gids: [] }),
    verifier: AUTH_NONE,
    args: new XdrWriter().opaque(new Uint8Array(32).fill(0x43)).finish(),
  });
  const frame = Buffer.from(encodeUdpFrame(addresses, { sourcePort: 700, destinationPort: 2049, payload }));
  if (frame.length !== CALL_LENGTH) throw new Error(`the call is ${frame.length} bytes, not ${CALL_LENGTH}`);
  // No checksum, so that every copy may carry an xid of its own.
  frame.writeUInt16BE(0, UDP_CHECKSUM_OFFSET);
  return frame;
}
