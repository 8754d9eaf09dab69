/** MOUNT: what nfs-ganesha, rpc.mountd, showmount and libnfs said to each other. */
import fc from 'fast-check';
import {
  decodeExportResults,
  decodeMountList,
  decodeMountPath,
  decodeMountResults,
  decodeMountV1Results,
  encodeExportResults,
  encodeMountList,
  encodeMountPath,
  encodeMountResults,
  MOUNT_PROCEDURE,
  MOUNT_V1,
  MOUNT_VERSION,
} from '../../src/wire/mount';
import { RPC_PROGRAM } from '../../src/wire/rpc';
import type { Capture } from './golden';
import { exchanges, results, type Exchange } from './golden_messages';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function calls(capture: Capture, version: number, procedure: number): Exchange[] {
  return exchanges(capture, RPC_PROGRAM.mount).filter(
    ({ call }) => call.version === version && call.procedure === procedure,
  );
}

test('EXPORT of two exports, one for two networks, in both versions', () => {
  const listings = [MOUNT_V1, MOUNT_VERSION].flatMap((version) =>
    calls('mount', version, MOUNT_PROCEDURE.EXPORT),
  );
  expect(listings.length).toBe(4);
  for (const listing of listings) {
    const entries = decodeExportResults(results(listing)) ?? [];
    expect(entries).toEqual([
      { directory: '/share', groups: [] },
      { directory: '/limited', groups: ['10.9.0.0/24', '192.0.2.7/32'] },
    ]);
    expect(hex(encodeExportResults(entries))).toBe(hex(results(listing)));
  }
});

test('EXPORT of rpc.mountd, which calls everyone *', () => {
  const [listing] = calls('mount_dump', MOUNT_VERSION, MOUNT_PROCEDURE.EXPORT);
  if (listing === undefined) throw new Error('no EXPORT in the capture');
  const entries = decodeExportResults(results(listing)) ?? [];
  expect(entries).toEqual([
    { directory: '/share', groups: ['*'] },
    { directory: '/limited', groups: ['10.9.0.0/24'] },
  ]);
  expect(hex(encodeExportResults(entries))).toBe(hex(results(listing)));
});

test('DUMP lists what showmount -a printed, in both versions', () => {
  const dumps = [MOUNT_V1, MOUNT_VERSION].flatMap((version) =>
    calls('mount_dump', version, MOUNT_PROCEDURE.DUMP),
  );
  expect(dumps.length).toBe(4);
  for (const dump of dumps) {
    const entries = decodeMountList(results(dump)) ?? [];
    expect(entries).toEqual([
      { hostname: '10.9.0.1', directory: '/limited' },
      { hostname: 'workstation7', directory: '/limited/home' },
      { hostname: '10.9.0.1', directory: '/share' },
    ]);
    expect(hex(encodeMountList(entries))).toBe(hex(results(dump)));
  }
});

test('MNT, UMNT and UMNTALL', () => {
  const mnts = calls('mount', MOUNT_VERSION, MOUNT_PROCEDURE.MNT);
  expect(mnts.map(({ call }) => decodeMountPath(call.args))).toEqual(['/share', '/share', '/nothing']);
  const answers = mnts.map((mnt) => decodeMountResults(results(mnt)));
  expect(answers.map((answer) => answer?.status)).toEqual([0, 0, 13]);
  expect(answers.map((answer) => answer && hex(encodeMountResults(answer)))).toEqual(
    mnts.map((mnt) => hex(results(mnt))),
  );
  const umounts = calls('mount', MOUNT_VERSION, MOUNT_PROCEDURE.UMNT);
  expect(umounts.map(({ call }) => decodeMountPath(call.args))).toEqual(['/share']);
  const all = calls('mount', MOUNT_VERSION, MOUNT_PROCEDURE.UMNTALL);
  expect([...umounts, ...all].map((one) => hex(results(one)))).toEqual(['', '']);
});

test('MNT of version 1: a handle of 32 octets or an errno', () => {
  const handle = Buffer.alloc(32, 7);
  expect(decodeMountV1Results(Buffer.concat([Buffer.alloc(4), handle]))).toEqual({ status: 0, handle });
  expect(decodeMountV1Results(Buffer.from([0, 0, 0, 13]))).toEqual({ status: 13 });
  expect(decodeMountV1Results(Buffer.concat([Buffer.alloc(4), handle.subarray(4)]))).toBeUndefined();
});

const octets = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

test('whatever is encoded decodes to the same, octets outside UTF-8 included', () => {
  const entry = fc.record({ directory: octets, groups: fc.array(octets, { maxLength: 5 }) });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) =>
      expect(decodeExportResults(encodeExportResults(entries))).toEqual(entries),
    ),
  );
  const mounted = fc.record({ hostname: octets, directory: octets });
  fc.assert(
    fc.property(fc.array(mounted, { maxLength: 5 }), (entries) =>
      expect(decodeMountList(encodeMountList(entries))).toEqual(entries),
    ),
  );
  const result = fc.oneof(
    fc.record({ status: fc.integer({ min: 1, max: 0xffffffff }) }),
    fc.record({
      status: fc.constant(0),
      handle: fc.uint8Array({ maxLength: 64 }),
      authFlavors: fc.array(fc.nat(), { maxLength: 5 }),
    }),
  );
  fc.assert(
    fc.property(result, (value) => expect(decodeMountResults(encodeMountResults(value))).toEqual(value)),
  );
});

test('a path goes out as UTF-8 and comes in as octets', () => {
  expect(decodeMountPath(encodeMountPath('/größe'))).toBe(Buffer.from('/größe').toString('latin1'));
});

test('an octet string holds octets only', () => {
  expect(() => encodeExportResults([{ directory: '/\u0100', groups: [] }])).toThrow(RangeError);
});
