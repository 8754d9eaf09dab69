/** Answers to copies of calls: a server without a duplicate cache executes them again. */
import { NfsStatusError } from '../../src/nfs_client/errors';
import * as names from '../../src/nfs_client/name_changes';
import type { NfsClient } from '../../src/nfs_client/nfs_client';
import { FILE_TYPE, SET_NOTHING, type Nfs3Attributes } from '../../src/wire/nfs3/attributes';
import { NFS3_STATUS } from '../../src/wire/nfs3/status';

const context = { caller: { uid: 0, gid: 0, gids: [] } };
const directory = Buffer.from('dir');
const where = { directory, name: Buffer.from('name') };
const handle = Buffer.from('file');
const attributes = (type: number) => ({ type, nlink: 1 }) as Nfs3Attributes;

/** Answers by procedure: a value, or a status with how often the call was sent. */
function client(answers: Record<string, object | [status: number, transmissions: number]>): NfsClient {
  const ask = (procedure: string): Promise<unknown> => {
    const answer = answers[procedure];
    if (!Array.isArray(answer)) return Promise.resolve(answer);
    const [status, transmissions] = answer as [number, number];
    return Promise.reject(new NfsStatusError(procedure as 'REMOVE', status, transmissions));
  };
  return { ask } as unknown as NfsClient;
}

const found = (type: number, object: Uint8Array = handle) => ({ object, attributes: attributes(type) });
const target = Buffer.from('target');
const mkdir = { where, attributes: SET_NOTHING };
const symlink = { ...mkdir, target };
const fifo = { where, what: { type: FILE_TYPE.FIFO, attributes: SET_NOTHING } } as const;
const { EXIST, NOENT } = NFS3_STATUS;

test.each(['REMOVE', 'RMDIR'] as const)(
  '%s: NOENT to a copy is success, to the only one it is not',
  async (procedure) => {
    await names.remove(client({ [procedure]: [NOENT, 2] }), procedure, where, context);
    const once = names.remove(client({ [procedure]: [NOENT, 1] }), procedure, where, context);
    await expect(once).rejects.toThrow('NFS3ERR_NOENT');
  },
);

const creations: [string, (client: NfsClient) => Promise<names.Found>, object, object][] = [
  ['MKDIR', (c) => names.mkdir(c, mkdir, context), found(FILE_TYPE.DIR), found(FILE_TYPE.REG)],
  ['MKNOD', (c) => names.mknod(c, fifo, context), found(FILE_TYPE.FIFO), found(FILE_TYPE.SOCK)],
  ['SYMLINK', (c) => names.symlink(c, symlink, context), found(FILE_TYPE.LNK), found(FILE_TYPE.REG)],
  [
    'LINK',
    (c) => names.link(c, { file: handle, link: where }, context),
    found(FILE_TYPE.REG),
    found(FILE_TYPE.REG, Buffer.from('another')),
  ],
];

test.each(creations)(
  '%s: EXIST to a copy is success if the name is what it would be',
  async (procedure, run, ours, other) => {
    const READLINK = { target };
    const answer = (transmissions: number, LOOKUP: object) =>
      run(client({ [procedure]: [EXIST, transmissions], LOOKUP, READLINK }));
    expect(await answer(2, ours)).toMatchObject({ object: handle });
    await expect(answer(2, other)).rejects.toThrow('NFS3ERR_EXIST');
    await expect(answer(1, ours)).rejects.toThrow('NFS3ERR_EXIST');
  },
);

test('SYMLINK: EXIST stays where the link points elsewhere', async () => {
  const LOOKUP = found(FILE_TYPE.LNK);
  const READLINK = { target: Buffer.from('elsewhere') };
  const other = client({ SYMLINK: [EXIST, 2], LOOKUP, READLINK });
  await expect(names.symlink(other, symlink, context)).rejects.toThrow('NFS3ERR_EXIST');
});

test('RENAME: NOENT to a copy is success if the new name is there', async () => {
  const args = { from: where, to: where };
  const answer = (transmissions: number, LOOKUP: object) =>
    names.rename(client({ RENAME: [NOENT, transmissions], LOOKUP }), args, context);
  await answer(2, { object: handle });
  await expect(answer(1, { object: handle })).rejects.toThrow('RENAME: NFS3ERR_NOENT');
  await expect(answer(2, [NOENT, 1])).rejects.toThrow('LOOKUP: NFS3ERR_NOENT');
});

test('a server need not say what it made', async () => {
  const MKDIR = { object: undefined, attributes: undefined };
  const LOOKUP = { object: handle, attributes: undefined };
  const GETATTR = { attributes: attributes(FILE_TYPE.DIR) };
  expect(await names.mkdir(client({ MKDIR, LOOKUP, GETATTR }), mkdir, context)).toEqual(found(FILE_TYPE.DIR));
});
