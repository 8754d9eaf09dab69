/** What the operations of one mount share. */
import { FileWriter } from '../nfs_client/file_writer';
import type { CallContext, NfsClient } from '../nfs_client/nfs_client';
import { getattr, lookup, type Found } from '../nfs_client/name_changes';
import type { WriteBudget } from '../nfs_client/write_budget';
import { FILE_TYPE, type Nfs3Attributes } from '../wire/nfs3/attributes';
import type { FileSystemInformation } from '../wire/nfs3/results';
import type { Callers } from './callers';
import { toFuse } from './file_attributes';
import type { Inode, InodeTable } from './inode_table';
import type { CacheTimes } from './protocol/reply';
import { encodeAttributes, encodeEntry } from './protocol/reply';
import type { Reply, RequestContext } from './session';

export interface MountState {
  client: NfsClient;
  inodes: InodeTable;
  callers: Callers;
  budget: WriteBudget;
  information: FileSystemInformation;
  name_length_max: number;
  /** Bytes of one READ. */
  read_bytes: number;
  /** How long the kernel keeps names, attributes, and the knowledge that there is no such name. */
  times: CacheTimes & { no_entry_ms: number };
  /** Tells the kernel that what it knows of an inode is out of date. */
  attributesChanged: (nodeid: number) => Promise<void>;
}

/** Data that fills no block and that nobody flushes. */
const WRITER_TIMES = { send_after_ms: 1000, commit_after_ms: 4000 };

export function contextOf({ callers }: MountState, { header, cancellation }: RequestContext): CallContext {
  return { caller: callers.of(header), cancellation };
}

/** Takes over attributes an answer carried. */
export function noteAttributes(inode: Inode, attributes: Nfs3Attributes | undefined): void {
  if (attributes === undefined) return;
  inode.attributes = attributes;
  inode.attributes_at_ms = performance.now();
}

/** From the server, after the data it does not have yet: they change size and times. */
export async function freshAttributes(
  state: MountState,
  inode: Inode,
  context: CallContext,
): Promise<Nfs3Attributes> {
  if (inode.writer?.hasUnsent === true) await inode.writer.send();
  const attributes = await getattr(state.client, inode.handle, context);
  noteAttributes(inode, attributes);
  return attributes;
}

/** Counts as what the kernel knows of the file. */
function tell(state: MountState, inode: Inode, attributes: Nfs3Attributes): ReturnType<typeof toFuse> {
  noteAttributes(inode, attributes);
  const { size, mtime, ctime } = attributes;
  inode.told = { size, mtime, ctime };
  inode.written_since_told = false;
  return toFuse(attributes, inode.writer?.unsent_end ?? 0, state.budget.block_bytes);
}

export function attributesReply(state: MountState, inode: Inode, attributes: Nfs3Attributes): Reply {
  return { payload: [encodeAttributes(tell(state, inode, attributes), state.times)] };
}

/** An answer that names an object: one more look-up that the kernel will forget. */
export function entryReply(state: MountState, { object, attributes }: Found): Reply & { inode: Inode } {
  const inode = state.inodes.ofHandle(object);
  const told = nameInode(state, inode, attributes);
  return {
    inode,
    payload: [encodeEntry(inode.nodeid, told, state.times)],
    undo: () => state.inodes.forget(inode.nodeid, 1),
  };
}

/** Counts a look-up, and gives what the answer says. */
export function nameInode(
  state: MountState,
  inode: Inode,
  attributes: Nfs3Attributes,
): ReturnType<typeof toFuse> {
  inode.lookups += 1;
  return tell(state, inode, attributes);
}

/** Like LOOKUP; a regular file's data that are on their way count in its attributes. */
export async function lookupFresh(
  state: MountState,
  directory: Inode,
  name: Uint8Array,
  context: CallContext,
): Promise<Found> {
  const found = await lookup(state.client, { directory: directory.handle, name }, context);
  const inode = state.inodes.find(found.object);
  if (inode?.writer?.hasUnsent !== true) return found;
  return { object: found.object, attributes: await freshAttributes(state, inode, context) };
}

/** The write-behind of a regular file. */
export function writerOf(state: MountState, inode: Inode): FileWriter {
  const { client } = state;
  const file = inode.handle;
  inode.writer ??= new FileWriter(
    {
      write: async (offset, data, stable, caller) => {
        const args = { file, offset: BigInt(offset), count: data.length, stable, data };
        const { wcc, ...answer } = await client.ask('WRITE', args, { caller, background: true });
        noteAttributes(inode, wcc.after);
        return { ...answer, verifier: Buffer.from(answer.verifier).toString('hex') };
      },
      commit: async (caller) => {
        // From 0, and 0 bytes: the whole file.
        const { verifier } = await client.ask('COMMIT', { file, offset: 0n, count: 0 }, { caller });
        return Buffer.from(verifier).toString('hex');
      },
    },
    state.budget,
    WRITER_TIMES,
  );
  return inode.writer;
}

export function isRegular(attributes: Nfs3Attributes): boolean {
  return attributes.type === FILE_TYPE.REG;
}
