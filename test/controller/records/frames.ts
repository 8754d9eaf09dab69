/** Frames of one exchange, as the switch shows them. */
import { encodeUdpFrame } from '../../../src/wire/frame';
import { encodeHandleArgs, encodeWriteArgs } from '../../../src/wire/nfs3';
import { AUTH_NONE, encodeRpc, type RpcCall } from '../../../src/wire/rpc';
import { VIP } from '../example';

export const HANDLE = Uint8Array.from([0x43, 0, 0, 1, 0xca, 0xfe]);
const MACS = { sourceMac: '02:00:00:00:01:11', destinationMac: '02:00:00:00:00:01' };
const CLIENT = '10.0.1.11';

export function callFrame(xid: number, call: Partial<RpcCall> = {}, port = 2049): Uint8Array {
  return encodeUdpFrame(
    { ...MACS, source: CLIENT, destination: VIP },
    {
      sourcePort: 700,
      destinationPort: port,
      payload: encodeRpc({
        kind: 'call',
        xid,
        program: 100003,
        version: 3,
        procedure: 1,
        credential: AUTH_NONE,
        verifier: AUTH_NONE,
        args: encodeHandleArgs(HANDLE),
        ...call,
      }),
    },
  );
}

/** A WRITE of so many octets. */
export function writeFrame(xid: number, length: number): Uint8Array {
  return callFrame(xid, { procedure: 7, args: encodeWriteArgs(HANDLE, 0n, 2, new Uint8Array(length)) });
}

export function replyFrame(xid: number, nfs_status = 0): Uint8Array {
  return encodeUdpFrame(
    { ...MACS, source: VIP, destination: CLIENT },
    {
      sourcePort: 2049,
      destinationPort: 700,
      payload: encodeRpc({
        kind: 'reply',
        xid,
        verifier: AUTH_NONE,
        outcome: { status: 'success', results: Uint8Array.from([0, 0, 0, nfs_status]) },
      }),
    },
  );
}
