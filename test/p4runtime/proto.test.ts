import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Code, FieldMatch, P4Error, P4Info, PROTO_DIR, StreamMessageRequest, TableEntry } from 'p4runtime-js';
import protobuf from 'protobufjs';

const has_protoc = spawnSync('protoc', ['--version']).status === 0;

function files(dir: string): Map<string, string> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [relative(dir, path), readFileSync(path, 'utf8')]));
}

describe('p4runtime-js', () => {
  (has_protoc ? test : test.skip)(
    `generated sources are those of the .proto files${has_protoc ? '' : ' (skipped: protoc not on PATH)'}`,
    () => {
      const out = mkdtempSync(join(tmpdir(), 'p4runtime-js-'));
      try {
        execFileSync(process.execPath, [join(PROTO_DIR, 'generate.mjs'), out]);
        expect(files(out)).toEqual(files(join(PROTO_DIR, 'src', 'generated')));
      } finally {
        rmSync(out, { recursive: true, force: true });
      }
    },
  );

  test('names shared by p4.v1 and p4.config.v1 are told apart', () => {
    expect(Code.NOT_FOUND).toBe(5);
    const info = P4Info.create({ actions: [{ preamble: { id: 1, name: 'drop' } }] });
    expect(P4Info.decode(P4Info.encode(info).finish())).toEqual(info);
    const error = P4Error.create({ canonicalCode: Code.ALREADY_EXISTS, message: 'match entry exists' });
    expect(P4Error.decode(P4Error.encode(error).finish())).toEqual(error);
  });

  test('bytes decoded are Buffers, 64-bit integers bigints, a oneof a tagged union', () => {
    const entry = TableEntry.create({
      tableId: 7,
      idleTimeoutNs: 1n << 40n,
      match: [
        { fieldId: 1, fieldMatchType: { $case: 'lpm', value: { value: Buffer.of(10), prefixLen: 8 } } },
      ],
    });
    const back = TableEntry.decode(TableEntry.encode(entry).finish());
    expect(back).toEqual(entry);
    const match = back.match[0]?.fieldMatchType;
    expect(match?.$case === 'lpm' && Buffer.isBuffer(match.value.value)).toBe(true);
    expect(FieldMatch.decode(Buffer.alloc(0)).fieldMatchType).toBeUndefined();
  });

  test('wire form agrees with protobufjs reading the same .proto files', () => {
    const root = new protobuf.Root();
    root.resolvePath = (_origin, target) => (target.startsWith('/') ? target : join(PROTO_DIR, target));
    root.loadSync('p4/v1/p4runtime.proto', { keepCase: true });
    const type = root.lookupType('p4.v1.StreamMessageRequest');
    const bytes = StreamMessageRequest.encode({
      update: {
        $case: 'arbitration',
        value: { deviceId: 9n, role: undefined, electionId: { high: 1n, low: 2n }, status: undefined },
      },
    }).finish();
    expect(type.toObject(type.decode(bytes), { longs: Number })).toEqual({
      arbitration: { device_id: 9, election_id: { high: 1, low: 2 } },
    });
  });
});
