/**
 * Removal of files that are open. NFSv3 knows no open files: a removed one is gone for whoever has it open. So it gets
 * another name instead, `.nfs` and a number as NFS clients have always called it, and is removed when it is closed.
 */
import { randomBytes } from 'node:crypto';
import { NfsStatusError } from '../nfs_client/errors';
import { lookup, remove, rename } from '../nfs_client/name_changes';
import type { CallContext } from '../nfs_client/nfs_client';
import { NFS3_STATUS } from '../wire/nfs3/status';
import type { Inode } from './inode_table';
import type { MountState } from './mount_state';

/** Enough that two clients never choose the same. */
const NUMBER_BYTES = 8;

/** If the file of that name is open here and this is its last name, it gets another. True: the name is gone. */
export async function hideIfOpen(
  state: MountState,
  directory: Uint8Array,
  name: Uint8Array,
  context: CallContext,
): Promise<boolean> {
  if (!someOpen(state)) return false;
  const found = await lookup(state.client, { directory, name }, context).catch((error: unknown) => {
    if (error instanceof NfsStatusError && error.status === NFS3_STATUS.NOENT) return undefined;
    throw error;
  });
  const inode = found && state.inodes.find(found.object);
  if (found === undefined || inode === undefined || inode.opens === 0) return false;
  if (inode.silly_name !== undefined || found.attributes.nlink > 1) return false;
  const hidden = Buffer.from(`.nfs${randomBytes(NUMBER_BYTES).toString('hex')}`);
  const args = { from: { directory, name }, to: { directory, name: hidden } };
  await rename(state.client, args, context);
  inode.silly_name = { directory: Uint8Array.from(directory), name: hidden };
  return true;
}

function someOpen({ inodes }: MountState): boolean {
  for (const { opens } of inodes) if (opens > 0) return true;
  return false;
}

/** Removes what `hideIfOpen` left, once nobody has it open. */
export async function removeHidden(state: MountState, inode: Inode, context: CallContext): Promise<void> {
  const where = inode.silly_name;
  if (where === undefined || inode.opens > 0) return;
  inode.silly_name = undefined;
  inode.writer?.discard();
  await remove(state.client, 'REMOVE', where, context);
}
