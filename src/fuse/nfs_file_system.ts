/** An NFSv3 export as the kernel's file system: which operation is whose. */
import type { CallContext } from '../nfs_client/nfs_client';
import type { Nfs3Attributes } from '../wire/nfs3/attributes';
import { ACCESS } from '../wire/nfs3/calls';
import { DirectoryListing } from './directory_listing';
import { toSettable, typeBits } from './file_attributes';
import * as files from './file_operations';
import { attributesReply, contextOf, freshAttributes, isRegular, nameInode } from './mount_state';
import type { MountState } from './mount_state';
import * as names from './name_operations';
import { errnoOf } from './nfs_errno';
import { OpenFiles } from './open_files';
import { SETATTR_VALID } from './protocol/constants';
import { ERRNO, FuseError } from './protocol/errno';
import { DirectoryReply, encodeOpened, encodeStatfs } from './protocol/reply';
import type { Operation } from './protocol/request';
import type { FileSystem, Reply, RequestContext } from './session';
import { removeHidden } from './silly_rename';

type Of<Name extends Operation['name']> = Extract<Operation, { name: Name }>;

const DONE: Reply = { payload: [] };
/** statvfs(3) counts in blocks. */
const STATFS_BLOCK_BYTES = 4096;

/** access(2) */
const R_OK = 4;
const W_OK = 2;
const X_OK = 1;

export class NfsFileSystem implements FileSystem {
  private readonly open = new OpenFiles();

  constructor(private readonly state: MountState) {}

  errnoOf(error: unknown): number {
    return errnoOf(error);
  }

  handle(operation: Operation, request: RequestContext): Promise<Reply> | Reply | undefined {
    if (operation.name === 'FORGET') {
      for (const { nodeid, lookups } of operation.forgets) this.state.inodes.forget(nodeid, lookups);
      return undefined;
    }
    return this.answer(operation, request);
  }

  /** Everything written reaches stable storage, and removed files that are still open go. Never rejects. */
  async finish(context: CallContext): Promise<void> {
    const inodes = [...this.state.inodes];
    await Promise.all(inodes.map((inode) => inode.writer?.commit()));
    for (const inode of inodes) {
      inode.opens = 0;
      await removeHidden(this.state, inode, context).catch(() => undefined);
    }
  }

  private answer(operation: Operation, request: RequestContext): Promise<Reply> | Reply {
    const { state, open } = this;
    const { nodeid } = request.header;
    switch (operation.name) {
      case 'READ':
        return files.readFile(state, open.file(operation.fh), operation, request.cancellation);
      case 'WRITE':
        return files.writeFile(state, open.file(operation.fh), operation, contextOf(state, request));
      case 'FLUSH':
      case 'FSYNC':
        return files.commitFile(open.file(operation.fh));
      case 'READDIR':
      case 'READDIRPLUS':
        return this.list(operation, contextOf(state, request));
      case 'RELEASEDIR':
        open.remove(operation.fh);
        return DONE;
      // Names are on stable storage when the server has answered.
      case 'FSYNCDIR':
      case 'DESTROY':
        return DONE;
      case 'FALLOCATE':
        throw new FuseError(ERRNO.EOPNOTSUPP);
      // The kernel then does without, and does not ask again: locks are its own, extended attributes there are none.
      case 'other':
        throw new FuseError(ERRNO.ENOSYS);
      default:
        return this.answerNamed(operation, nodeid, contextOf(state, request));
    }
  }

  private answerNamed(operation: Operation, nodeid: number, context: CallContext): Promise<Reply> | Reply {
    const { state, open } = this;
    const inode = state.inodes.get(nodeid);
    switch (operation.name) {
      case 'LOOKUP':
        return names.lookupEntry(state, inode, operation.entry, context);
      case 'GETATTR':
        return freshAttributes(state, inode, context).then((fresh) => attributesReply(state, inode, fresh));
      case 'SETATTR':
        return this.setAttributes(inode.nodeid, operation, context);
      case 'READLINK':
        return state.client
          .ask('READLINK', { object: inode.handle }, context)
          .then(({ target }) => ({ payload: [Buffer.from(target)] }));
      case 'SYMLINK':
        return names.makeSymlink(state, inode, operation, context);
      case 'MKNOD':
        return names.makeNode(state, inode, operation, context);
      case 'MKDIR':
        return names.makeDirectory(state, inode, operation, context);
      case 'UNLINK':
      case 'RMDIR':
        return names.removeEntry(state, inode, operation, context);
      case 'RENAME':
        return names.renameEntry(state, inode, operation, context);
      case 'LINK':
        return names.makeLink(state, inode, operation, context);
      case 'OPEN':
        return files.openFile(state, open, inode, operation.flags, context);
      case 'CREATE':
        return files.createAndOpen(state, open, inode, operation, context);
      case 'RELEASE':
        return files.releaseFile(state, open, operation.fh, context);
      case 'OPENDIR':
        return this.openDirectory(inode.nodeid);
      case 'STATFS':
        return this.statistics(inode.handle, context);
      case 'ACCESS':
        return this.access(inode.nodeid, operation.mask, context);
      default:
        throw new FuseError(ERRNO.ENOSYS);
    }
  }

  private async setAttributes(
    nodeid: number,
    { fields }: Of<'SETATTR'>,
    context: CallContext,
  ): Promise<Reply> {
    const { state } = this;
    const inode = state.inodes.get(nodeid);
    const attributes = toSettable(fields);
    // Whoever has the file open for writing may cut it, whatever its mode has become.
    const has_file = (fields.valid & SETATTR_VALID.FH) !== 0 && attributes.size !== undefined;
    const caller = (has_file ? this.open.fileIfOpen(fields.fh) : undefined)?.caller ?? context.caller;
    const args = { object: inode.handle, attributes, guard: undefined };
    const set = async (): Promise<Nfs3Attributes | undefined> => {
      const { wcc } = await state.client.ask('SETATTR', args, { ...context, caller });
      if (attributes.size !== undefined) inode.writer?.cut(Number(attributes.size));
      return wcc.after;
    };
    // Data that came later would change size and times again.
    const known = await (inode.writer?.isIdle === false ? inode.writer.whileSent(set) : set());
    const after = known ?? (await freshAttributes(state, inode, context));
    return attributesReply(state, inode, after);
  }

  private openDirectory(nodeid: number): Reply {
    const { client, inodes, read_bytes } = this.state;
    const inode = inodes.get(nodeid);
    const listing = new DirectoryListing(client, inode.handle, read_bytes);
    const fh = this.open.add({ kind: 'directory', inode, listing });
    return { payload: [encodeOpened(fh, 0)], undo: () => this.open.remove(fh) };
  }

  private async list(
    { name: operation, fh, offset, size }: Of<'READ' | 'READDIR' | 'READDIRPLUS'>,
    context: CallContext,
  ): Promise<Reply> {
    const { state } = this;
    const { listing } = this.open.directory(fh);
    const plus = operation === 'READDIRPLUS';
    const reply = new DirectoryReply(size, plus);
    const named: number[] = [];
    for (const { fileid: ino, name, cookie, attributes, object } of await listing.after(offset, context)) {
      if (!reply.fits(name)) break;
      const entry = { ino, name, cookie, type: typeBits(attributes) };
      // Nobody forgets "." and "..": they are not counted.
      const found = plus && !isDot(name) && attributes && object && state.inodes.ofHandle(object);
      // While data are on their way, the kernel knows a file better than this answer.
      if (!found || found.writer?.hasUnsent === true) {
        reply.add(entry);
        continue;
      }
      const { nodeid } = found;
      const told = nameInode(state, found, attributes);
      reply.add(entry, { nodeid, attributes: told, times: state.times });
      named.push(nodeid);
    }
    return {
      payload: [reply.finish()],
      undo: () => named.forEach((nodeid) => state.inodes.forget(nodeid, 1)),
    };
  }

  private async statistics(handle: Uint8Array, context: CallContext): Promise<Reply> {
    const { client, name_length_max } = this.state;
    const answer = await client.ask('FSSTAT', { object: handle }, context);
    const block_bytes = STATFS_BLOCK_BYTES;
    const inBlocks = (bytes: bigint): bigint => bytes / BigInt(block_bytes);
    return {
      payload: [
        encodeStatfs({
          blocks: inBlocks(answer.tbytes),
          blocks_free: inBlocks(answer.fbytes),
          blocks_available: inBlocks(answer.abytes),
          files: answer.tfiles,
          files_free: answer.ffiles,
          ...{ block_bytes, name_length_max },
        }),
      ],
    };
  }

  /** Only asked where the kernel does not judge by itself. */
  private async access(nodeid: number, mask: number, context: CallContext): Promise<Reply> {
    const inode = this.state.inodes.get(nodeid);
    const attributes = inode.attributes ?? (await freshAttributes(this.state, inode, context));
    const directory = !isRegular(attributes);
    let wanted = 0;
    if ((mask & R_OK) !== 0) wanted |= ACCESS.READ;
    if ((mask & W_OK) !== 0) wanted |= ACCESS.MODIFY | ACCESS.EXTEND;
    if ((mask & X_OK) !== 0) wanted |= directory ? ACCESS.LOOKUP : ACCESS.EXECUTE;
    const args = { object: inode.handle, access: wanted };
    const { access } = await this.state.client.ask('ACCESS', args, context);
    if ((access & wanted) !== wanted) throw new FuseError(ERRNO.EACCES);
    return DONE;
  }
}

function isDot(name: Uint8Array): boolean {
  return name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e));
}
