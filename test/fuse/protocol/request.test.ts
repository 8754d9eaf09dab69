import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeRequest, type Operation } from '../../../src/fuse/protocol/request';

const golden = JSON.parse(readFileSync(join(__dirname, '../../golden/fuse_requests.json'), 'utf8')) as Record<
  string,
  string
>;
const messages = new Map(Object.entries(golden).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]));

function operation(name: string): Operation | undefined {
  return decodeRequest(messages.get(name) ?? Buffer.alloc(0))?.operation;
}

const text = (name: string): Uint8Array => Uint8Array.from(Buffer.from(name));

test('what the kernel writes is understood', () => {
  expect(operation('LOOKUP')).toMatchObject({ name: 'LOOKUP' });
  expect(operation('MKDIR')).toEqual({ name: 'MKDIR', entry: text('dir'), mode: 0o40751 & ~0o40000 });
  expect(operation('CREATE')).toMatchObject({ name: 'CREATE', entry: text('file'), mode: 0o100640 });
  expect(operation('WRITE')).toMatchObject({
    name: 'WRITE',
    offset: 0n,
    data: Buffer.from('words to write'),
  });
  expect(operation('SYMLINK')).toEqual({ name: 'SYMLINK', entry: text('link'), target: text('over/there') });
  expect(operation('LINK')).toMatchObject({ name: 'LINK', entry: text('hard') });
  expect(operation('MKNOD')).toEqual({ name: 'MKNOD', entry: text('pipe'), mode: 0o10600, rdev: 0 });
  expect(operation('RENAME')).toMatchObject({
    ...{ name: 'RENAME', entry: text('hard'), new_entry: text('moved'), flags: 0 },
  });
  expect(operation('RENAME2')).toMatchObject({ name: 'RENAME', entry: text('link'), flags: 1 });
  expect(operation('UNLINK')).toMatchObject({ name: 'UNLINK', entry: text('file') });
  expect(operation('INIT')).toMatchObject({ name: 'INIT', major: 7 });
  expect(operation('READDIRPLUS')).toMatchObject({ name: 'READDIRPLUS', offset: 0n });
  expect(operation('SETATTR')).toMatchObject({ name: 'SETATTR', fields: { size: 7n } });
  expect(operation('GETXATTR')).toEqual({ name: 'other' });
});

test('the header names who asks', () => {
  const header = decodeRequest(messages.get('MKDIR') ?? Buffer.alloc(0))?.header;
  expect(header).toMatchObject({ nodeid: 1, uid: 0, gid: 0 });
  expect(header?.pid).toBeGreaterThan(0);
});

test('a message cut anywhere, or noise, is none and never throws', () => {
  for (const message of messages.values()) {
    for (let length = 0; length < message.length; length++) {
      expect(decodeRequest(message.subarray(0, length))).toBeUndefined();
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(60), (bytes, opcode) => {
      const message = Buffer.concat([Buffer.alloc(8), bytes]);
      message.writeUInt32LE(message.length, 0);
      message.writeUInt32LE(opcode, 4);
      decodeRequest(message);
    }),
  );
});
