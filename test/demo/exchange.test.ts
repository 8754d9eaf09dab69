import type { ClientKind, FileClient, Transfer } from '../../src/demo/clients';
import { Exchange } from '../../src/demo/exchange';

/** A client of the files in `files`; `read` may be another's. */
function client(
  kind: ClientKind,
  files: Map<string, Buffer>,
  read: (name: string) => Transfer = (name) => ({ content: files.get(name) ?? Buffer.alloc(0) }),
): FileClient {
  return {
    kind,
    node: 'client1',
    write: (name, content) => {
      files.set(name, content);
      return Promise.resolve({ content: Buffer.alloc(0) });
    },
    read: (name) => Promise.resolve(read(name)),
  };
}

test('each client writes one file and reads all others’', async () => {
  const files = new Map<string, Buffer>();
  const kinds = ['nfs_tcp', 'smb', 'nfs_udp'] as const;
  const exchange = new Exchange(kinds.map((kind) => client(kind, files)));
  await exchange.round();
  await exchange.round();
  expect(files.size).toBe(6);
  for (const kind of kinds) {
    expect(exchange.of(kind)).toEqual({ operations: 6, errors: 0, checksum_mismatches: 0 });
  }
  expect(exchange.complaints).toEqual([]);
});

test('what differs, and what fails, counts for the kind that reads', async () => {
  const files = new Map<string, Buffer>();
  const exchange = new Exchange([
    client('nfs_tcp', files),
    client('smb', files, () => ({ content: Buffer.from('stale') })),
    client('nfs_udp', files, () => ({ content: Buffer.alloc(0), complaint: 'no answer' })),
  ]);
  await exchange.round();
  expect(exchange.of('nfs_tcp')).toEqual({ operations: 3, errors: 0, checksum_mismatches: 0 });
  expect(exchange.of('smb')).toEqual({ operations: 3, errors: 0, checksum_mismatches: 2 });
  expect(exchange.of('nfs_udp')).toEqual({ operations: 3, errors: 2, checksum_mismatches: 0 });
  expect(exchange.complaints).toHaveLength(4);
});

test('a file that could not be written is not read', async () => {
  const files = new Map<string, Buffer>();
  const failing: FileClient = {
    ...client('smb', files),
    write: () => Promise.resolve({ content: Buffer.alloc(0), complaint: 'disk full' }),
  };
  const exchange = new Exchange([failing, client('nfs_tcp', files)]);
  await exchange.round();
  expect(exchange.of('smb')).toEqual({ operations: 2, errors: 1, checksum_mismatches: 0 });
  expect(exchange.of('nfs_tcp')).toEqual({ operations: 1, errors: 0, checksum_mismatches: 0 });
});
