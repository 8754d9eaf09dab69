/** Operations on open files: reading, writing, and bringing what was written to stable storage. */
import type { CallContext } from '../nfs_client/nfs_client';
import type { Cancellation } from '../nfs_client/cancellation';
import type { Caller } from '../nfs_client/caller';
import { createFile } from './name_operations';
import type { FileVersion, Inode } from './inode_table';
import { entryReply, freshAttributes, writerOf, type MountState } from './mount_state';
import type { OpenFile, OpenFiles } from './open_files';
import { O_APPEND, OPEN_FLAG } from './protocol/constants';
import { ERRNO, FuseError } from './protocol/errno';
import { encodeOpened, encodeWritten } from './protocol/reply';
import type { Operation } from './protocol/request';
import type { Reply } from './session';
import { removeHidden } from './silly_rename';

type Of<Name extends Operation['name']> = Extract<Operation, { name: Name }>;

const DONE: Reply = { payload: [] };
/** JavaScript's exact integers: files of 8 PiB. */
const OFFSET_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Close-to-open consistency: what the file is now is asked of the server, and pages that the kernel has of it stay only
 * if it is what it was.
 */
export async function openFile(
  state: MountState,
  files: OpenFiles,
  inode: Inode,
  flags: number,
  context: CallContext,
): Promise<Reply> {
  const { told, written_since_told } = inode;
  const attributes = await freshAttributes(state, inode, context);
  const unchanged = told !== undefined && sameVersion(told, attributes);
  // Else the kernel would go by the size it knows until its attributes' time is over.
  if (!unchanged && !written_since_told) await state.attributesChanged(inode.nodeid);
  return opened(files, inode, flags, context.caller, unchanged);
}

export async function createAndOpen(
  state: MountState,
  files: OpenFiles,
  directory: Inode,
  operation: Of<'CREATE'>,
  context: CallContext,
): Promise<Reply> {
  const { inode, payload, undo } = entryReply(state, await createFile(state, directory, operation, context));
  const open = opened(files, inode, operation.flags, context.caller, false);
  return {
    payload: [...payload, ...open.payload],
    undo: () => {
      open.undo?.();
      undo?.();
    },
  };
}

function opened(files: OpenFiles, inode: Inode, flags: number, caller: Caller, keep_cache: boolean): Reply {
  const append = (flags & O_APPEND) !== 0;
  const errors_seen = inode.writer?.errors ?? 0;
  const fh = files.add({ kind: 'file', inode, caller, append, errors_seen });
  inode.opens += 1;
  // Appending goes past the kernel's pages, as the end of the file may be elsewhere than the kernel thinks.
  const open_flags = append ? OPEN_FLAG.DIRECT_IO : keep_cache ? OPEN_FLAG.KEEP_CACHE : 0;
  return {
    payload: [encodeOpened(fh, open_flags)],
    undo: () => {
      files.remove(fh);
      inode.opens -= 1;
    },
  };
}

function sameVersion(a: FileVersion, b: FileVersion): boolean {
  const same = (x: FileVersion['mtime'], y: FileVersion['mtime']): boolean =>
    x.seconds === y.seconds && x.nseconds === y.nseconds;
  return a.size === b.size && same(a.mtime, b.mtime) && same(a.ctime, b.ctime);
}

export async function readFile(
  state: MountState,
  { inode, caller }: OpenFile,
  { offset: offset64, size }: { offset: bigint; size: number },
  cancellation: Cancellation,
): Promise<Reply> {
  const offset = exactOffset(offset64, size);
  const { writer } = inode;
  const local = writer?.isIdle === false ? writer.read(offset, size) : undefined;
  if (local !== undefined) return { payload: [local] };
  const pieces = await readServer(state, inode, { offset, size }, { caller, cancellation });
  if (writer === undefined || writer.isIdle) return { payload: pieces };
  // Holes up to data that the server does not have yet are zeros.
  const read = Buffer.concat(pieces);
  const end = Math.min(size, Math.max(read.length, writer.unsent_end - offset));
  const whole = Buffer.alloc(end);
  read.copy(whole);
  writer.overlay(whole, offset);
  return { payload: [whole] };
}

/** The READs of one request at the same time; what lies behind the end of the file is left out. */
async function readServer(
  state: MountState,
  inode: Inode,
  { offset, size }: { offset: number; size: number },
  context: CallContext,
): Promise<Buffer[]> {
  const starts = Array.from({ length: Math.ceil(size / state.read_bytes) }, (_, i) => i * state.read_bytes);
  const pieces = await Promise.all(
    starts.map((start) => {
      const length = Math.min(state.read_bytes, size - start);
      return readWhole(state, inode, offset + start, length, context);
    }),
  );
  const short = pieces.findIndex(({ eof }) => eof);
  const counted = short < 0 ? pieces : pieces.slice(0, short + 1);
  return counted.flatMap(({ data }) => data);
}

/** A server may give less than was asked for, though there is more. */
async function readWhole(
  state: MountState,
  inode: Inode,
  offset: number,
  length: number,
  context: CallContext,
): Promise<{ data: Buffer[]; eof: boolean }> {
  const data: Buffer[] = [];
  for (let done = 0; done < length;) {
    const args = { file: inode.handle, offset: BigInt(offset + done), count: length - done };
    const answer = await state.client.ask('READ', args, context);
    const bytes = answer.data.subarray(0, length - done);
    data.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    done += bytes.length;
    // Nothing, though it says that there is more: going on could go on for ever.
    if (bytes.length === 0 && !answer.eof) throw new FuseError(ERRNO.EIO);
    if (answer.eof) return { data, eof: true };
  }
  return { data, eof: false };
}

/** Takes the data; they are on their way when this resolves, errors come with FLUSH and FSYNC. */
export async function writeFile(
  state: MountState,
  file: OpenFile,
  { offset: offset64, data: view }: Of<'WRITE'>,
  context: CallContext,
): Promise<Reply> {
  // The buffer is read into again as soon as this function waits.
  const data = Buffer.from(view);
  const { inode, caller } = file;
  const writer = writerOf(state, inode);
  reportErrors(file);
  let offset = exactOffset(offset64, data.length);
  if (file.append) offset = Math.max(offset, await endOfFile(state, inode, context));
  inode.written_since_told = true;
  await writer.write(offset, data, caller);
  return { payload: [encodeWritten(data.length)] };
}

async function endOfFile(state: MountState, inode: Inode, context: CallContext): Promise<number> {
  const age_ms = performance.now() - inode.attributes_at_ms;
  const known = age_ms < state.times.attributes_ms ? inode.attributes : undefined;
  const { size } = known ?? (await freshAttributes(state, inode, context));
  return Math.max(Number(size), inode.writer?.unsent_end ?? 0);
}

/** FLUSH and FSYNC. */
export async function commitFile(file: OpenFile): Promise<Reply> {
  const { writer } = file.inode;
  if (writer?.isIdle === false) await writer.commit();
  reportErrors(file);
  return DONE;
}

/** Throws what became of data written before, once for each handle. */
function reportErrors(file: OpenFile): void {
  const { writer } = file.inode;
  if (writer?.error === undefined || writer.errors === file.errors_seen) return;
  file.errors_seen = writer.errors;
  throw writer.error;
}

export async function releaseFile(
  state: MountState,
  files: OpenFiles,
  fh: number,
  context: CallContext,
): Promise<Reply> {
  const file = files.file(fh);
  const { inode } = file;
  files.remove(fh);
  inode.opens -= 1;
  try {
    if (inode.opens === 0 && inode.silly_name !== undefined) {
      await removeHidden(state, inode, { caller: file.caller, cancellation: context.cancellation });
    } else if (inode.writer?.isIdle === false) {
      await inode.writer.commit();
    }
  } finally {
    state.inodes.collect(inode);
  }
  return DONE;
}

function exactOffset(offset: bigint, size: number): number {
  if (offset + BigInt(size) > OFFSET_MAX) throw new FuseError(ERRNO.EFBIG);
  return Number(offset);
}
