/** NFSv3's procedures: real exchanges with nfs-ganesha, values of our own, and noise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeFrame } from '../../src/wire/frame';
import { nfs3ProcedureName, type Nfs3ProcedureName } from '../../src/wire/nfs3';
import { NFS3_PROCEDURES } from '../../src/wire/nfs3/procedures';
import { decodeRpc, RPC_PROGRAM, type RpcCall } from '../../src/wire/rpc';
import { decodeXdr, encodeXdr, type XdrType } from '../../src/wire/xdr_types';
import { goldenFrames } from './golden';
import { argsOf, resultsOf } from './nfs3_arbitrary';

interface Exchange {
  name: Nfs3ProcedureName;
  args: Uint8Array;
  results: Uint8Array;
  /** tshark's number of the reply. */
  reply_frame: string;
  call_frame: string;
}

/** Over TCP a record mark stands before each message; in this capture one record is one segment. */
function exchanges(): Exchange[] {
  const calls = new Map<number, { call: RpcCall; frame: string }>();
  return goldenFrames('nfs_procedures').flatMap(({ packet, tshark }) => {
    const payload = decodeFrame(packet.data)?.tcp?.payload;
    const message = payload && payload.length > 4 ? decodeRpc(payload.subarray(4)) : undefined;
    const frame = tshark.get('frame.number') ?? '';
    if (message?.kind === 'call' && message.program === RPC_PROGRAM.nfs) {
      calls.set(message.xid, { call: message, frame });
    }
    const asked = message?.kind === 'reply' ? calls.get(message.xid) : undefined;
    if (message?.kind !== 'reply' || asked === undefined) return [];
    const name = nfs3ProcedureName(asked.call.procedure);
    if (name === undefined || message.outcome.status !== 'success') return [];
    const { args } = asked.call;
    return [{ name, args, results: message.outcome.results, reply_frame: frame, call_frame: asked.frame }];
  });
}

const typeOf = (name: Nfs3ProcedureName, part: 'args' | 'results'): XdrType<unknown> =>
  NFS3_PROCEDURES[name][part] as XdrType<unknown>;

/** Every value of a key anywhere in a decoded message, in order; `where`: only of objects that have this key too. */
function valuesOf(message: unknown, key: string, where?: string): string[] {
  if (typeof message !== 'object' || message === null || message instanceof Uint8Array) return [];
  const has = where === undefined || where in message;
  return Object.entries(message).flatMap(([name, value]): string[] => {
    if (name !== key || !has) return valuesOf(value, key, where);
    return value === undefined ? [] : [textOf(value)];
  });
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
}

const VALUES = ((): Map<string, Map<string, string>> => {
  const text = readFileSync(join(__dirname, '../golden/nfs_procedures.values.tsv'), 'utf8');
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const names = head.split('\t');
  return new Map(
    lines.map((line) => {
      const cells = line.split('\t');
      return [cells[0] ?? '', new Map(names.map((name, column) => [name, cells[column] ?? '']))];
    }),
  );
})();

const all = exchanges();

test('every procedure is in the capture', () => {
  const names = new Set(all.map(({ name }) => name));
  expect([...names].sort()).toEqual(Object.keys(NFS3_PROCEDURES).sort());
});

test('arguments and results decode, and encode to the captured bytes', () => {
  for (const { name, args, results } of all) {
    for (const [part, bytes] of [
      ['args', args],
      ['results', results],
    ] as const) {
      const value = decodeXdr(typeOf(name, part), bytes);
      const encoded = encodeXdr(typeOf(name, part), value);
      expect(`${name} ${part} ${Buffer.from(encoded).toString('hex')}`).toBe(
        `${name} ${part} ${Buffer.from(bytes).toString('hex')}`,
      );
    }
  }
});

test('values are those tshark shows', () => {
  // tshark's field, the key here, and a key beside it that tells fattr3 from others.
  const fields: [string, string, string?][] = [
    ['nfs.fattr3.type', 'type', 'fileid'],
    ['nfs.fattr3.nlink', 'nlink'],
    ['nfs.fattr3.uid', 'uid', 'fileid'],
    ['nfs.fattr3.gid', 'gid', 'fileid'],
    ['nfs.fattr3.size', 'size', 'fileid'],
    ['nfs.fattr3.used', 'used'],
    ['nfs.fattr3.fileid', 'fileid', 'nlink'],
    ['nfs.readdir.entry3.name', 'name', 'cookie'],
    ['nfs.fsinfo.rtmax', 'rtmax'],
    ['nfs.fsinfo.wtpref', 'wtpref'],
    ['nfs.fsinfo.maxfilesize', 'maxfilesize'],
    ['nfs.fsstat3_resok.tbytes', 'tbytes'],
    ['nfs.fsstat3_resok.ffiles', 'ffiles'],
    ['nfs.pathconf.name_max', 'name_max'],
  ];
  const compared = new Map<string, number>();
  for (const { name, results, reply_frame } of all) {
    const value = decodeXdr(typeOf(name, 'results'), results);
    // Of READDIRPLUS, tshark calls the names otherwise.
    if (name === 'NULL' || name === 'READDIRPLUS') continue;
    for (const [field, key, where] of fields) {
      const shown = VALUES.get(reply_frame)?.get(field) ?? '';
      expect(`${name} ${field} ${valuesOf(value, key, where).join(',')}`).toBe(`${name} ${field} ${shown}`);
      if (shown !== '') compared.set(field, (compared.get(field) ?? 0) + 1);
    }
  }
  expect([...compared.keys()].sort()).toEqual(fields.map(([field]) => field).sort());
});

test('arguments are those the client sent', () => {
  const sent = (name: Nfs3ProcedureName, key: string): string[] =>
    all
      .filter((exchange) => exchange.name === name)
      .flatMap(({ args }) => valuesOf(decodeXdr(typeOf(name, 'args'), args), key));
  expect(sent('SETATTR', 'size')).toEqual(['5000000000']);
  expect(sent('SETATTR', 'seconds')).toEqual(['1577934245', '1577934246']);
  expect(sent('SYMLINK', 'target')).toEqual(['../target']);
  expect(sent('CREATE', 'verifier')).toEqual(['verifier']);
  expect(sent('MKNOD', 'major')).toEqual(['5']);
  expect(sent('READ', 'offset')).toEqual(['16']);
});

describe.each(Object.keys(NFS3_PROCEDURES) as Nfs3ProcedureName[])('%s', (name) => {
  test('decodes to what was encoded', () => {
    for (const [part, arbitrary] of [
      ['args', argsOf(name)],
      ['results', resultsOf(name)],
    ] as const) {
      fc.assert(
        fc.property(arbitrary, (value) => {
          expect(decodeXdr(typeOf(name, part), encodeXdr(typeOf(name, part), value))).toEqual(value);
        }),
        { numRuns: 50 },
      );
    }
  });

  test('what is cut short is no message', () => {
    fc.assert(
      fc.property(resultsOf(name), fc.nat(), (value, at) => {
        const bytes = encodeXdr(typeOf(name, 'results'), value);
        if (bytes.length === 0) return;
        expect(decodeXdr(typeOf(name, 'results'), bytes.subarray(0, at % bytes.length))).toBeUndefined();
      }),
    );
  });

  test('noise never throws', () => {
    const word = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 80 }), (words) => {
        const bytes = Buffer.alloc(words.length * 4);
        words.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
        decodeXdr(typeOf(name, 'args'), bytes);
        decodeXdr(typeOf(name, 'results'), bytes);
      }),
    );
  });
});
