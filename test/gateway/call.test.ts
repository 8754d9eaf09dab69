import fc from 'fast-check';
import { CallHeader } from '../../src/gateway/call';
import { encodeLocalAnswer, localAnswer, type LocalAnswer } from '../../src/gateway/local_answers';
import { MALFORMED, NO_RESULTS, resultsOffset } from '../../src/gateway/reply';
import { encodeHandleArgs, encodeWriteArgs } from '../../src/wire/nfs3';
import { AUTH_NONE, decodeRpc, encodeRpc, RPC_PROGRAM, type RpcCall } from '../../src/wire/rpc';
import { XdrWriter } from '../../src/wire/xdr';
import { rpcCall, rpcReply } from '../wire/arbitrary';

const BEFORE = 3;

/** The message somewhere in a larger buffer. */
function embedded(message: Uint8Array): { view: DataView; start: number; end: number } {
  const buffer = new Uint8Array(BEFORE + message.length + 5).fill(0xff);
  buffer.set(message, BEFORE);
  return { view: new DataView(buffer.buffer), start: BEFORE, end: BEFORE + message.length };
}

test('headers of calls are what decodeRpc says', () => {
  fc.assert(
    fc.property(rpcCall, (call) => {
      const message = encodeRpc(call);
      const { view, start, end } = embedded(message);
      const header = new CallHeader();
      expect(header.read(view, start, end)).toBeUndefined();
      expect(header).toMatchObject({
        xid: call.xid,
        program: call.program,
        version: call.version,
        procedure: call.procedure,
        flavor: call.credential.flavor,
        arguments_at: end - call.args.length,
      });
    }),
  );
});

test('of any octets, and of calls cut short, a header is read exactly if decodeRpc reads one', () => {
  const cut = fc.tuple(rpcCall, fc.nat(600)).map(([call, length]) => encodeRpc(call).subarray(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), cut), (message) => {
      const { view, start, end } = embedded(message);
      const is_sound = new CallHeader().read(view, start, end) === undefined;
      const is_call = decodeRpc(message)?.kind === 'call';
      expect(is_sound).toBe(is_call);
    }),
  );
});

test('where results of replies begin is where decodeRpc has them', () => {
  const cut = fc.tuple(rpcReply, fc.nat(600)).map(([reply, length]) => encodeRpc(reply).subarray(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), rpcReply.map(encodeRpc), cut), (message) => {
      const { view, start, end } = embedded(message);
      const decoded = decodeRpc(message);
      let expected = MALFORMED;
      if (decoded?.kind === 'reply') {
        const { outcome } = decoded;
        expected = outcome.status === 'success' ? end - outcome.results.length : NO_RESULTS;
      }
      expect(resultsOffset(view, start, end)).toBe(expected);
    }),
  );
});

const CALL: RpcCall = {
  kind: 'call',
  xid: 7,
  program: RPC_PROGRAM.nfs,
  version: 3,
  procedure: 1,
  credential: AUTH_NONE,
  verifier: AUTH_NONE,
  args: new Uint8Array(8),
};
const NFS = { program: RPC_PROGRAM.nfs, is_nfs: true };
const HANDLE = Uint8Array.of(1, 2, 3, 4);
/** A WRITE of 70,000 octets that announces others. */
const lyingWrite = (octets: number): Uint8Array => {
  const args = encodeWriteArgs(HANDLE, 0n, 2, new Uint8Array(70_000));
  new DataView(args.buffer, args.byteOffset).setUint32(24, octets);
  return args;
};
const flavor = (number: number) => ({ credential: { flavor: number, body: new Uint8Array(0) } });

test.each<[string, Partial<RpcCall>, LocalAnswer | undefined]>([
  ['NFSv3', {}, undefined],
  ['NFSv4', { version: 4 }, 'version_mismatch'],
  ['NFSv2', { version: 2 }, 'version_mismatch'],
  ['another program', { program: 100227 }, 'program_unavailable'],
  ['RPCSEC_GSS', flavor(6), 'flavor_refused'],
  ['AUTH_DH', flavor(3), 'flavor_refused'],
  ['AUTH_SHORT', flavor(2), 'flavor_refused'],
  ['AUTH_SYS', flavor(1), undefined],
  ['a question for TLS', { ...flavor(7), procedure: 0 }, 'tls_refused'],
  ['what no datagram holds', { procedure: 9, args: new Uint8Array(70_000) }, 'too_long'],
  [
    'a WRITE that becomes shorter',
    { procedure: 7, args: encodeWriteArgs(HANDLE, 0n, 2, new Uint8Array(70_000)) },
    undefined,
  ],
  ['a WRITE with less data than it says', { procedure: 7, args: lyingWrite(70_004) }, 'garbage_arguments'],
  ['a WRITE with more data than it says', { procedure: 7, args: lyingWrite(100) }, 'garbage_arguments'],
  ['a procedure NFSv3 does not have', { procedure: 22 }, 'procedure_unavailable'],
  ['the last procedure', { procedure: 21 }, undefined],
  ['no procedure at all', { procedure: 0xffffffff }, 'procedure_unavailable'],
  ['NULL without arguments', { procedure: 0, args: new Uint8Array(0) }, undefined],
  ['GETATTR without arguments', { args: new Uint8Array(0) }, 'garbage_arguments'],
  ['GETATTR of anything', { args: new Uint8Array(50).fill(255) }, 'garbage_arguments'],
  ['a handle of 64 octets', { args: encodeHandleArgs(new Uint8Array(64)) }, undefined],
  ['a handle of 65 octets', { args: encodeHandleArgs(new Uint8Array(65)) }, 'garbage_arguments'],
  [
    'a handle that is cut short',
    { args: encodeHandleArgs(new Uint8Array(17)).subarray(0, 20) },
    'garbage_arguments',
  ],
  ['an empty handle, which is the store’s to judge', { args: new Uint8Array(4) }, undefined],
])('%s', (_, changes, answer) => {
  const message = encodeRpc({ ...CALL, ...changes });
  const { view, start, end } = embedded(message);
  const header = new CallHeader();
  expect(header.read(view, start, end)).toBeUndefined();
  expect(localAnswer(header, NFS, view, start, end)).toBe(answer);
});

const NLM = { program: RPC_PROGRAM.nlm, is_nfs: false };
const LOCK = { program: RPC_PROGRAM.nlm, version: 4, procedure: 2 };
/** LOCK's arguments up to the handle. */
const lockArgs = (cookie: number, caller: number, handle: number) =>
  new XdrWriter()
    .opaque(new Uint8Array(cookie))
    .uint32(0)
    .uint32(1)
    .opaque(new Uint8Array(caller))
    .opaque(new Uint8Array(handle))
    .finish();

test.each<[string, Partial<RpcCall>, LocalAnswer | undefined]>([
  ['LOCK', { args: lockArgs(4, 7, 32) }, undefined],
  ['LOCK without arguments', { args: new Uint8Array(0) }, 'garbage_arguments'],
  ['LOCK cut short in its cookie', { args: lockArgs(40, 7, 32).subarray(0, 20) }, 'garbage_arguments'],
  ['LOCK cut short in its caller', { args: lockArgs(4, 40, 32).subarray(0, 24) }, 'garbage_arguments'],
  ['LOCK of a handle of 65 octets', { args: lockArgs(4, 7, 65) }, 'garbage_arguments'],
  ['LOCK with a cookie that the data plane does not read', { args: lockArgs(65, 7, 65) }, undefined],
  ['LOCK with a caller that the data plane does not read', { args: lockArgs(4, 257, 65) }, undefined],
  ['FREE_ALL, which names no file', { procedure: 23, args: new Uint8Array(0) }, undefined],
])('NLM: %s', (_, changes, answer) => {
  const { view, start, end } = embedded(encodeRpc({ ...CALL, ...LOCK, ...changes }));
  const header = new CallHeader();
  expect(header.read(view, start, end)).toBeUndefined();
  expect(localAnswer(header, NLM, view, start, end)).toBe(answer);
});

test.each<[LocalAnswer, object]>([
  ['version_mismatch', { status: 'prog_mismatch', low: 3, high: 3 }],
  ['program_unavailable', { status: 'prog_unavail' }],
  ['rpc_mismatch', { status: 'rpc_mismatch', low: 2, high: 2 }],
  ['flavor_refused', { status: 'auth_error', authStatus: 5 }],
  ['tls_refused', { status: 'auth_error', authStatus: 1 }],
  ['bad_credential', { status: 'auth_error', authStatus: 1 }],
  ['too_long', { status: 'system_err' }],
  ['procedure_unavailable', { status: 'proc_unavail' }],
  ['garbage_arguments', { status: 'garbage_args' }],
])('the answer %s', (answer, outcome) => {
  expect(decodeRpc(encodeLocalAnswer(9, answer))).toMatchObject({ kind: 'reply', xid: 9, outcome });
});

test('a call of RPC version 3 and one with a credential too long can be answered', () => {
  const version3 = encodeRpc(CALL);
  version3[11] = 3;
  const header = new CallHeader();
  const { view, start, end } = embedded(version3);
  expect(header.read(view, start, end)).toBe('rpc_version');
  expect(header.xid).toBe(7);
  const long = encodeRpc({ ...CALL, args: new Uint8Array(500) });
  new DataView(long.buffer).setUint32(28, 401);
  const embeddedLong = embedded(long);
  expect(header.read(embeddedLong.view, embeddedLong.start, embeddedLong.end)).toBe('bad_credential');
});
