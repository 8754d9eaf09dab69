/** Whatever bytes arrive: a decoder gives a value or undefined, it never throws and never invents bytes. */
import fc from 'fast-check';
import { decodeArp } from '../../src/wire/arp';
import { decodeEthernet } from '../../src/wire/ethernet';
import { decodeFrame } from '../../src/wire/frame';
import { decodeIpv4, decodeIpv4Beginning } from '../../src/wire/ipv4';
import {
  decodeExportResults,
  decodeMountList,
  decodeMountPath,
  decodeMountResults,
  decodeMountV1Results,
} from '../../src/wire/mount';
import { decodeLeadingHandle, decodeNfsStatus } from '../../src/wire/nfs3';
import { decodeDumpResults, decodeGetportArgs, decodeGetportResults } from '../../src/wire/portmap';
import {
  decodeGetaddrResults,
  decodeGettimeResults,
  decodeRpcbindDump,
  decodeRpcbindEntries,
  decodeRpcbindMapping,
  decodeUniversalAddress,
} from '../../src/wire/rpcbind';
import { AUTH_FLAVOR, decodeAuthSys, decodeRpc } from '../../src/wire/rpc';
import { decodeTcp } from '../../src/wire/tcp';
import { decodeUdp, decodeUdpHeader } from '../../src/wire/udp';
import { CAPTURES, goldenFrames } from './golden';

const addresses = { source: '10.0.0.1', destination: '10.0.0.2' };

const DECODERS: Record<string, (bytes: Uint8Array) => unknown> = {
  decodeArp,
  decodeEthernet,
  decodeFrame,
  decodeIpv4,
  decodeIpv4Beginning,
  decodeExportResults,
  decodeMountList,
  decodeMountPath,
  decodeMountResults,
  decodeMountV1Results,
  decodeLeadingHandle,
  decodeNfsStatus,
  decodeDumpResults,
  decodeGetportArgs,
  decodeGetportResults,
  decodeGetaddrResults,
  decodeGettimeResults,
  decodeRpcbindDump,
  decodeRpcbindEntries,
  decodeRpcbindMapping,
  decodeUniversalAddress: (bytes) => decodeUniversalAddress(Buffer.from(bytes).toString('latin1')),
  decodeAuthSys: (body) => decodeAuthSys({ flavor: AUTH_FLAVOR.sys, body }),
  decodeRpc,
  decodeTcp,
  decodeTcpSummed: (bytes) => decodeTcp(bytes, addresses),
  decodeUdp,
  decodeUdpSummed: (bytes) => decodeUdp(bytes, addresses),
  decodeUdpHeader,
};

describe.each(Object.entries(DECODERS))('%s', (_name, decode) => {
  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        decode(bytes);
      }),
    );
  });

  test('words of mostly small numbers, which look like XDR', () => {
    const word = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        const bytes = Buffer.alloc(words.length * 4);
        words.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
        decode(bytes);
      }),
    );
  });

  test('real frames from any byte to any byte', () => {
    const frames = CAPTURES.flatMap((capture) => goldenFrames(capture).map(({ packet }) => packet.data));
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.nat(1600), fc.nat(1600), (frame, start, end) => {
        decode(frame.subarray(start, end));
      }),
      { numRuns: 500 },
    );
  });
});

test('a frame cut anywhere loses its deeper layers', () => {
  for (const { packet } of CAPTURES.flatMap((capture) => goldenFrames(capture))) {
    const lengths = [...packet.data.keys()];
    const cuts = lengths.map((length) => decodeFrame(packet.data.subarray(0, length)));
    expect(cuts.findIndex((cut) => cut !== undefined)).toBe(14);
    // ARP and IPv4 carry their lengths, and no captured frame is padded: any cut is noticed.
    expect(cuts.filter((cut) => cut?.arp ?? cut?.ipv4)).toEqual([]);
    const whole = decodeFrame(packet.data);
    expect(whole?.arp ?? whole?.ipv4).toBeDefined();
  }
});

test('an RPC message cut within its header is none', () => {
  const call = Buffer.from(
    '00000001000000000000000200018' + '6a30000000300000000' + '00000000'.repeat(4),
    'hex',
  );
  expect(decodeRpc(call)).toMatchObject({ kind: 'call', xid: 1, program: 100003, version: 3, procedure: 0 });
  for (let length = 0; length < call.length; length++)
    expect(decodeRpc(call.subarray(0, length))).toBeUndefined();
});

test('credentials of more than 400 bytes are none', () => {
  const header = Buffer.from('0000000100000000000000020001' + '86a30000000300000000', 'hex');
  const message = (length: number): Buffer => {
    const auth = Buffer.alloc(8 + length);
    auth.writeUInt32BE(length, 4);
    return Buffer.concat([header, auth, Buffer.alloc(8)]);
  };
  expect(decodeRpc(message(400))).toMatchObject({ credential: { flavor: 0 } });
  expect(decodeRpc(message(404))).toBeUndefined();
});
