/** Arbitrary arguments and results of NFSv3's procedures. */
import fc from 'fast-check';
import type { Nfs3ProcedureName } from '../../src/wire/nfs3';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const handle = bytes(64);
const name = bytes(255);
const time = fc.record({ seconds: uint32, nseconds: uint32 });
const device = fc.record({ major: uint32, minor: uint32 });
const attributes = fc.record({
  type: fc.integer({ min: 1, max: 7 }),
  ...{ mode: uint32, nlink: uint32, uid: uint32, gid: uint32 },
  ...{ size: uint64, used: uint64, rdev: device, fsid: uint64, fileid: uint64 },
  ...{ atime: time, mtime: time, ctime: time },
});
const postOp = optional(attributes);
const wcc = fc.record({
  before: optional(fc.record({ size: uint64, mtime: time, ctime: time })),
  after: postOp,
});
const setTime = fc.oneof(fc.constant(undefined), fc.constant('server' as const), time);
const settable = fc.record({
  ...{ mode: optional(uint32), uid: optional(uint32), gid: optional(uint32), size: optional(uint64) },
  ...{ atime: setTime, mtime: setTime },
});
const where = fc.record({ directory: handle, name });
const object = fc.record({ object: handle });
const range = fc.record({ file: handle, offset: uint64, count: uint32 });
const cookie = { directory: handle, cookie: uint64, cookieVerifier: fixed(8) };

const ARGS: Record<Nfs3ProcedureName, fc.Arbitrary<unknown>> = {
  NULL: fc.constant(undefined),
  GETATTR: object,
  SETATTR: fc.record({ object: handle, attributes: settable, guard: optional(time) }),
  LOOKUP: where,
  ACCESS: fc.record({ object: handle, access: uint32 }),
  READLINK: object,
  READ: range,
  WRITE: fc.record({
    ...{ file: handle, offset: uint64, count: uint32 },
    ...{ stable: fc.integer({ min: 0, max: 2 }), data: bytes(300) },
  }),
  CREATE: fc.record({
    where,
    how: fc.oneof(
      fc.record({ mode: fc.constantFrom(0, 1), attributes: settable }),
      fc.record({ mode: fc.constant(2), verifier: fixed(8) }),
    ),
  }),
  MKDIR: fc.record({ where, attributes: settable }),
  SYMLINK: fc.record({ where, attributes: settable, target: bytes(500) }),
  MKNOD: fc.record({
    where,
    what: fc.oneof(
      fc.record({ type: fc.constantFrom(3, 4), attributes: settable, device }),
      fc.record({ type: fc.constantFrom(6, 7), attributes: settable }),
    ),
  }),
  REMOVE: where,
  RMDIR: where,
  RENAME: fc.record({ from: where, to: where }),
  LINK: fc.record({ file: handle, link: where }),
  READDIR: fc.record({ ...cookie, count: uint32 }),
  READDIRPLUS: fc.record({ ...cookie, directoryCount: uint32, count_max: uint32 }),
  FSSTAT: object,
  FSINFO: object,
  PATHCONF: object,
  COMMIT: range,
};

const justAttributes = fc.record({ attributes: postOp });
const justChange = fc.record({ wcc });
const directoryChange = fc.record({ directory: wcc });
const renamed = fc.record({ from: wcc, to: wcc });
const linked = fc.record({ attributes: postOp, directory: wcc });
const creation = fc.record({ object: optional(handle), attributes: postOp, directory: wcc });
const listing = (more: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({
    ...{ attributes: postOp, cookieVerifier: fixed(8), eof: fc.boolean() },
    entries: fc.array(fc.record({ fileid: uint64, name, cookie: uint64, ...more }), { maxLength: 5 }),
  });
const verifier = fixed(8);

/** What comes with a good answer and with a refusal. */
const RESULTS: Record<Exclude<Nfs3ProcedureName, 'NULL'>, [fc.Arbitrary<unknown>, fc.Arbitrary<unknown>]> = {
  GETATTR: [fc.record({ attributes }), fc.constant(undefined)],
  SETATTR: [justChange, justChange],
  LOOKUP: [
    fc.record({ object: handle, attributes: postOp, directory: postOp }),
    fc.record({ directory: postOp }),
  ],
  ACCESS: [fc.record({ attributes: postOp, access: uint32 }), justAttributes],
  READLINK: [fc.record({ attributes: postOp, target: bytes(500) }), justAttributes],
  READ: [
    fc.record({ attributes: postOp, count: uint32, eof: fc.boolean(), data: bytes(300) }),
    justAttributes,
  ],
  WRITE: [fc.record({ wcc, count: uint32, committed: fc.integer({ min: 0, max: 2 }), verifier }), justChange],
  CREATE: [creation, directoryChange],
  MKDIR: [creation, directoryChange],
  SYMLINK: [creation, directoryChange],
  MKNOD: [creation, directoryChange],
  REMOVE: [directoryChange, directoryChange],
  RMDIR: [directoryChange, directoryChange],
  RENAME: [renamed, renamed],
  LINK: [linked, linked],
  READDIR: [listing({}), justAttributes],
  READDIRPLUS: [listing({ attributes: postOp, object: optional(handle) }), justAttributes],
  FSSTAT: [
    fc.record({
      ...{ attributes: postOp, tbytes: uint64, fbytes: uint64, abytes: uint64 },
      ...{ tfiles: uint64, ffiles: uint64, afiles: uint64, invarsec: uint32 },
    }),
    justAttributes,
  ],
  FSINFO: [
    fc.record({
      ...{ attributes: postOp, rtmax: uint32, rtpref: uint32, rtmult: uint32 },
      ...{ wtmax: uint32, wtpref: uint32, wtmult: uint32, dtpref: uint32 },
      ...{ maxfilesize: uint64, timeDelta: time, properties: uint32 },
    }),
    justAttributes,
  ],
  PATHCONF: [
    fc.record({
      ...{ attributes: postOp, linkmax: uint32, name_max: uint32, no_trunc: fc.boolean() },
      ...{ chown_restricted: fc.boolean(), case_insensitive: fc.boolean(), case_preserving: fc.boolean() },
    }),
    justAttributes,
  ],
  COMMIT: [fc.record({ wcc, verifier }), justChange],
};

export function argsOf(procedure: Nfs3ProcedureName): fc.Arbitrary<unknown> {
  return ARGS[procedure];
}

export function resultsOf(procedure: Nfs3ProcedureName): fc.Arbitrary<unknown> {
  if (procedure === 'NULL') return fc.constant(undefined);
  const [good, failed] = RESULTS[procedure];
  return fc.oneof(
    good.map((value) => ({ ok: true, value })),
    fc.record({ ok: fc.constant(false), status: fc.integer({ min: 1, max: 10008 }), value: failed }),
  );
}
