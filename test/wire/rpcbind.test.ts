/** rpcbind versions 3 and 4, and what version 2 shares with them: what rpcinfo, showmount and rpcbind said to each other. */
import fc from 'fast-check';
import { PORTMAP_PROCEDURE, decodeGetportResults, encodeGetportResults } from '../../src/wire/portmap';
import { RPC_PROGRAM } from '../../src/wire/rpc';
import {
  decodeGetaddrResults,
  decodeGettimeResults,
  decodeRpcbindDump,
  decodeRpcbindEntries,
  decodeRpcbindMapping,
  decodeUniversalAddress,
  encodeGetaddrResults,
  encodeGettimeResults,
  encodeRpcbindDump,
  encodeRpcbindEntries,
  encodeRpcbindMapping,
  encodeUniversalAddress,
  RPCBIND_PROCEDURE,
  SEMANTICS,
  type RpcbindMapping,
} from '../../src/wire/rpcbind';
import * as arbitrary from './arbitrary';
import { exchanges, results, type Exchange } from './golden_messages';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function calls(procedure: number): Exchange[] {
  return exchanges('rpcbind', RPC_PROGRAM.portmap).filter(
    ({ call }) => call.version > 2 && call.version < 9 && call.procedure === procedure,
  );
}

test('GETADDR and GETVERSADDR', () => {
  const asked = [...calls(RPCBIND_PROCEDURE.GETADDR), ...calls(RPCBIND_PROCEDURE.GETVERSADDR)];
  expect(asked.length).toBe(13);
  const answers = asked.map((exchange) => {
    const mapping = decodeRpcbindMapping(exchange.call.args);
    const address = decodeGetaddrResults(results(exchange));
    if (mapping === undefined || address === undefined) throw new Error('does not decode');
    expect(hex(encodeRpcbindMapping(mapping))).toBe(hex(exchange.call.args));
    expect(hex(encodeGetaddrResults(address))).toBe(hex(results(exchange)));
    return `${exchange.call.procedure} ${mapping.program} ${mapping.version} ${mapping.netid} -> ${address}`;
  });
  expect(new Set(answers)).toEqual(
    new Set([
      '3 100003 3 tcp -> 10.9.0.2.8.1',
      '3 100003 3 udp -> 10.9.0.2.8.1',
      '3 100003 9 udp -> 10.9.0.2.8.1',
      '3 100005 0 udp -> 10.9.0.2.78.80',
      '3 400003 3 udp -> ',
      '9 100003 3 udp -> 10.9.0.2.8.1',
      '9 100003 9 udp -> ',
    ]),
  );
});

test('DUMP lists what rpcinfo printed', () => {
  const [dump] = calls(RPCBIND_PROCEDURE.DUMP);
  if (dump === undefined) throw new Error('no DUMP in the capture');
  const mappings = decodeRpcbindDump(results(dump)) ?? [];
  expect(mappings.length).toBe(44);
  expect(mappings).toContainEqual({
    program: 100003,
    version: 3,
    netid: 'udp',
    address: '0.0.0.0.8.1',
    owner: 'superuser',
  });
  expect(hex(encodeRpcbindDump(mappings))).toBe(hex(results(dump)));
});

test('GETADDRLIST', () => {
  const [list] = calls(RPCBIND_PROCEDURE.GETADDRLIST);
  if (list === undefined) throw new Error('no GETADDRLIST in the capture');
  const entries = decodeRpcbindEntries(results(list)) ?? [];
  const address = '10.9.0.2.8.1';
  expect(entries).toEqual([
    { address, netid: 'udp', semantics: SEMANTICS.connectionless, family: 'inet', protocol: 'udp' },
    { address, netid: 'tcp', semantics: SEMANTICS.orderlyRelease, family: 'inet', protocol: 'tcp' },
  ]);
  expect(hex(encodeRpcbindEntries(entries))).toBe(hex(results(list)));
});

test('GETTIME', () => {
  const times = calls(RPCBIND_PROCEDURE.GETTIME).map(results);
  expect(times.length).toBe(2);
  for (const time of times) {
    expect(decodeGettimeResults(time)).toBe(Buffer.from(time).readUInt32BE(0));
    expect(hex(encodeGettimeResults(decodeGettimeResults(time) ?? 0))).toBe(hex(time));
  }
});

test('GETPORT of another version names the port all the same, of another program none', () => {
  const ports = exchanges('rpcbind', RPC_PROGRAM.portmap)
    .filter(({ call }) => call.version === 2 && call.procedure === PORTMAP_PROCEDURE.GETPORT)
    .map(results);
  expect(ports.map(decodeGetportResults)).toEqual([2049, 0]);
  expect(ports.map((bytes) => hex(encodeGetportResults(decodeGetportResults(bytes) ?? 1)))).toEqual(
    ports.map(hex),
  );
});

test('calls that rpcbind refuses', () => {
  const refused = exchanges('rpcbind', RPC_PROGRAM.portmap).flatMap(({ call, reply }) =>
    reply?.outcome.status === 'success'
      ? []
      : [[call.version, call.procedure, reply?.outcome.status ?? 'silence']],
  );
  expect(refused).toEqual([
    [2, 1, 'auth_error'],
    [2, 2, 'auth_error'],
    [3, 1, 'auth_error'],
    [2, 5, 'silence'],
    [3, 5, 'silence'],
    [4, 10, 'system_err'],
    [2, 99, 'proc_unavail'],
    [9, 0, 'prog_mismatch'],
  ]);
});

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const mapping: fc.Arbitrary<RpcbindMapping> = fc.record({
  program: uint32,
  version: uint32,
  netid: text,
  address: text,
  owner: text,
});
const transportAddress = fc.record({
  address: arbitrary.ipv4Address,
  port: fc.integer({ min: 0, max: 0xffff }),
});

test('whatever is encoded decodes to the same', () => {
  fc.assert(
    fc.property(
      fc.array(mapping, { maxLength: 5 }),
      transportAddress,
      uint32,
      (mappings, address, time_s) => {
        expect(decodeRpcbindDump(encodeRpcbindDump(mappings))).toEqual(mappings);
        for (const one of mappings) {
          expect(decodeRpcbindMapping(encodeRpcbindMapping(one))).toEqual(one);
          expect(decodeGetaddrResults(encodeGetaddrResults(one.address))).toBe(one.address);
        }
        expect(decodeUniversalAddress(encodeUniversalAddress(address))).toEqual(address);
        expect(decodeGettimeResults(encodeGettimeResults(time_s))).toBe(time_s);
      },
    ),
  );
});

test.each([
  '',
  '::.0.111',
  '/run/rpcbind.sock',
  '10.0.0.1',
  '10.0.0.1.8',
  '10.0.0.1.256.1',
  '10.0.0.1.08.1',
  '300.0.0.1.8.1',
  '10.0.0.1.8.1.',
])('no universal address of IPv4: %j', (address) => expect(decodeUniversalAddress(address)).toBeUndefined());
