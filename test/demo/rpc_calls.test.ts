import { rpcExchanges } from '../../src/demo/rpc_calls';
import { encodeRangeArgs, NFS3_PROCEDURE } from '../../src/wire/nfs3';
import { ADDRESSES, callFrame, link, ns, probeFrame, replyFrame } from './links';

test('transmissions and replies of one xid are one request', () => {
  const capture = link(
    'client1',
    [1, callFrame('client1', 0xa)],
    [2, callFrame('client1', 0xb)],
    [3, replyFrame('client1', 0xb)],
    [101, callFrame('client1', 0xa)],
    [102, replyFrame('client1', 0xa)],
  );
  expect(rpcExchanges(capture, ADDRESSES)).toEqual([
    {
      key: '10.0.1.11:800:a',
      client_port: 800,
      program: 100003,
      procedure: 1,
      transmissions_ns: [ns(1), ns(101)],
      replies_ns: [ns(102)],
    },
    {
      key: '10.0.1.11:800:b',
      client_port: 800,
      program: 100003,
      procedure: 1,
      transmissions_ns: [ns(2)],
      replies_ns: [ns(3)],
    },
  ]);
});

test('what is not to or from the virtual address is no request', () => {
  expect(
    rpcExchanges(link('client1', [1, callFrame('client1', 1)]), { ...ADDRESSES, vip: '10.0.1.99' }),
  ).toEqual([]);
});

test('a reply whose call was not seen, and a frame cut anywhere, are passed over', () => {
  const call = callFrame('client1', 1);
  const cut = Array.from({ length: call.length }, (_, length): [number, Uint8Array] => [
    1,
    call.subarray(0, length),
  ]);
  expect(rpcExchanges(link('client1', [1, replyFrame('client1', 7)], ...cut), ADDRESSES)).toEqual([]);
});

test("a health check is no client's request", () => {
  expect(rpcExchanges(link('store1', [1, probeFrame('store1', 1)]), ADDRESSES)).toEqual([]);
});

test('of WRITE and COMMIT the file is told, of others and without a whole handle it is not', () => {
  const args = encodeRangeArgs(Uint8Array.of(0x43, 0xff), 0n, 0);
  const calls: [procedure: number, args: Uint8Array][] = [
    [NFS3_PROCEDURE.WRITE, args],
    [NFS3_PROCEDURE.COMMIT, args],
    [NFS3_PROCEDURE.READ, args],
    [NFS3_PROCEDURE.WRITE, args.subarray(0, 5)],
  ];
  const frames = calls.map(([procedure, of], index): [number, Uint8Array] => [
    index,
    callFrame('client1', index, { procedure, args: of }),
  ]);
  const files = rpcExchanges(link('client1', ...frames), ADDRESSES).map(({ file }) => file);
  expect(files).toEqual(['43ff', '43ff', undefined, undefined]);
});
