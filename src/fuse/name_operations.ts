/** Operations on names: look-ups, creation, links, renaming, removal. */
import { randomBytes } from 'node:crypto';
import { NfsStatusError } from '../nfs_client/errors';
import * as names from '../nfs_client/name_changes';
import type { CallContext } from '../nfs_client/nfs_client';
import { FILE_TYPE, SET_NOTHING, type SettableAttributes } from '../wire/nfs3/attributes';
import { CREATE_MODE, CREATE_VERIFIER_LENGTH, type MknodWhat } from '../wire/nfs3/calls';
import { NFS3_STATUS } from '../wire/nfs3/status';
import { decodeDevice, fileTypeOf, PERMISSIONS } from './file_attributes';
import { entryReply, freshAttributes, lookupFresh, type MountState } from './mount_state';
import type { Inode } from './inode_table';
import { O_EXCL } from './protocol/constants';
import { ERRNO, FuseError } from './protocol/errno';
import { encodeNoEntry } from './protocol/reply';
import type { Operation } from './protocol/request';
import type { Reply } from './session';
import { hideIfOpen } from './silly_rename';

type Of<Name extends Operation['name']> = Extract<Operation, { name: Name }>;

const DONE: Reply = { payload: [] };

export async function lookupEntry(
  state: MountState,
  directory: Inode,
  entry: Uint8Array,
  context: CallContext,
): Promise<Reply> {
  try {
    return entryReply(state, await lookupFresh(state, directory, entry, context));
  } catch (error) {
    const absent = error instanceof NfsStatusError && error.status === NFS3_STATUS.NOENT;
    if (!absent || state.times.no_entry_ms === 0) throw error;
    return { payload: [encodeNoEntry(state.times.no_entry_ms)] };
  }
}

/** A new regular file, or the one that is there already; with O_EXCL only a new one. */
export async function createFile(
  state: MountState,
  directory: Inode,
  { entry: name, flags, mode }: { entry: Uint8Array; flags: number; mode: number },
  context: CallContext,
): Promise<names.Found> {
  const where = { directory: directory.handle, name };
  const attributes = { ...SET_NOTHING, mode: mode & PERMISSIONS };
  if ((flags & O_EXCL) === 0) {
    const how = { mode: CREATE_MODE.UNCHECKED, attributes };
    return names.create(state.client, { where, how }, context);
  }
  // The server keeps the verifier in the file's times, so a copy of the call finds its own file. Then they are set.
  const verifier = randomBytes(CREATE_VERIFIER_LENGTH);
  const how = { mode: CREATE_MODE.EXCLUSIVE, verifier };
  const { object } = await names.create(state.client, { where, how }, context);
  const set: SettableAttributes = { ...attributes, atime: 'server', mtime: 'server' };
  const args = { object, attributes: set, guard: undefined };
  const { wcc } = await state.client.ask('SETATTR', args, context);
  return { object, attributes: wcc.after ?? (await names.getattr(state.client, object, context)) };
}

export async function makeNode(
  state: MountState,
  directory: Inode,
  { entry: name, mode, rdev }: Of<'MKNOD'>,
  context: CallContext,
): Promise<Reply> {
  const type = fileTypeOf(mode);
  if (type === FILE_TYPE.REG) {
    const flags = O_EXCL;
    return entryReply(state, await createFile(state, directory, { entry: name, flags, mode }, context));
  }
  const attributes = { ...SET_NOTHING, mode: mode & PERMISSIONS };
  let what: MknodWhat;
  if (type === FILE_TYPE.BLK || type === FILE_TYPE.CHR) {
    what = { type, attributes, device: decodeDevice(rdev) };
  } else if (type === FILE_TYPE.SOCK || type === FILE_TYPE.FIFO) {
    what = { type, attributes };
  } else {
    throw new FuseError(ERRNO.EINVAL);
  }
  const where = { directory: directory.handle, name };
  return entryReply(state, await names.mknod(state.client, { where, what }, context));
}

export async function makeDirectory(
  state: MountState,
  directory: Inode,
  { entry: name, mode }: Of<'MKDIR'>,
  context: CallContext,
): Promise<Reply> {
  const where = { directory: directory.handle, name };
  const attributes = { ...SET_NOTHING, mode: mode & PERMISSIONS };
  return entryReply(state, await names.mkdir(state.client, { where, attributes }, context));
}

export async function makeSymlink(
  state: MountState,
  directory: Inode,
  { entry: name, target }: Of<'SYMLINK'>,
  context: CallContext,
): Promise<Reply> {
  const where = { directory: directory.handle, name };
  const args = { where, attributes: { ...SET_NOTHING, mode: 0o777 }, target };
  return entryReply(state, await names.symlink(state.client, args, context));
}

export async function makeLink(
  state: MountState,
  directory: Inode,
  { entry: name, old_nodeid }: Of<'LINK'>,
  context: CallContext,
): Promise<Reply> {
  const inode = state.inodes.get(old_nodeid);
  const link = { directory: directory.handle, name };
  const found = await names.link(state.client, { file: inode.handle, link }, context);
  if (inode.writer?.hasUnsent !== true) return entryReply(state, found);
  return entryReply(state, { ...found, attributes: await freshAttributes(state, inode, context) });
}

export async function removeEntry(
  state: MountState,
  directory: Inode,
  { name, entry }: Of<'UNLINK' | 'RMDIR' | 'LOOKUP'>,
  context: CallContext,
): Promise<Reply> {
  const where = { directory: directory.handle, name: entry };
  if (name === 'RMDIR') {
    await names.remove(state.client, 'RMDIR', where, context);
  } else if (!(await hideIfOpen(state, directory.handle, entry, context))) {
    await names.remove(state.client, 'REMOVE', where, context);
  }
  return DONE;
}

export async function renameEntry(
  state: MountState,
  directory: Inode,
  { entry, new_directory, new_entry, flags }: Of<'RENAME'>,
  context: CallContext,
): Promise<Reply> {
  // NFSv3 has neither exchange nor "only if there is no such name"; programs that ask for them can do without.
  if (flags !== 0) throw new FuseError(ERRNO.EINVAL);
  const from = { directory: directory.handle, name: entry };
  const to = { directory: state.inodes.get(new_directory).handle, name: new_entry };
  await hideIfOpen(state, to.directory, new_entry, context);
  await names.rename(state.client, { from, to }, context);
  return DONE;
}
