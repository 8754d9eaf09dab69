import fc from 'fast-check';
import { CallHeader } from '../../src/gateway/call';
import { encodeLocalAnswer, localAnswer, type LocalAnswer } from '../../src/gateway/local_answers';
import { MALFORMED, NO_RESULTS, resultsOffset } from '../../src/gateway/reply';
import { AUTH_NONE, decodeRpc, encodeRpc, RPC_PROGRAM, type RpcCall } from '../../src/wire/rpc';
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
  ['a WRITE that becomes shorter', { procedure: 7, args: new Uint8Array(70_000) }, undefined],
])('%s', (_, changes, answer) => {
  const message = encodeRpc({ ...CALL, ...changes });
  const { view, start, end } = embedded(message);
  const header = new CallHeader();
  expect(header.read(view, start, end)).toBeUndefined();
  expect(localAnswer(header, NFS, message.length)).toBe(answer);
});

test.each<[LocalAnswer, object]>([
  ['version_mismatch', { status: 'prog_mismatch', low: 3, high: 3 }],
  ['program_unavailable', { status: 'prog_unavail' }],
  ['rpc_mismatch', { status: 'rpc_mismatch', low: 2, high: 2 }],
  ['flavor_refused', { status: 'auth_error', authStatus: 5 }],
  ['tls_refused', { status: 'auth_error', authStatus: 1 }],
  ['bad_credential', { status: 'auth_error', authStatus: 1 }],
  ['too_long', { status: 'system_err' }],
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
