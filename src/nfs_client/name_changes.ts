/**
 * Procedures that change names, when an answer may be to a copy of the call. A server's duplicate cache answers copies
 * with what it answered first; one that has none, or has restarted, executes the copy: REMOVE then finds nothing,
 * LINK finds its own link. So what a copy was told is taken for success where the names show that the call was done.
 */
import { FILE_TYPE, type Nfs3Attributes } from '../wire/nfs3/attributes';
import type { DirectoryEntry } from '../wire/nfs3/calls';
import type { Creation } from '../wire/nfs3/results';
import { NFS3_STATUS } from '../wire/nfs3/status';
import { NfsStatusError } from './errors';
import type { ArgsOf, CallContext, NfsClient } from './nfs_client';

/** An object and what is known of it. */
export interface Found {
  object: Uint8Array;
  attributes: Nfs3Attributes;
}

/** Whether the server said `status` to a call that it may have executed before. */
function isEcho(error: unknown, status: number): boolean {
  return error instanceof NfsStatusError && error.transmissions > 1 && error.status === status;
}

export async function lookup(client: NfsClient, where: DirectoryEntry, context: CallContext): Promise<Found> {
  const { object, attributes } = await client.ask('LOOKUP', where, context);
  return { object, attributes: attributes ?? (await getattr(client, object, context)) };
}

export async function getattr(
  client: NfsClient,
  object: Uint8Array,
  context: CallContext,
): Promise<Nfs3Attributes> {
  return (await client.ask('GETATTR', { object }, context)).attributes;
}

/** What a creation made: a server need not say, then the name does. */
async function created(
  client: NfsClient,
  { object, attributes }: Creation,
  where: DirectoryEntry,
  context: CallContext,
): Promise<Found> {
  if (object === undefined) return lookup(client, where, context);
  return { object, attributes: attributes ?? (await getattr(client, object, context)) };
}

/** After EXIST to a copy: the object of that name, if it is what the call was to make. */
async function ownCreation(
  client: NfsClient,
  error: unknown,
  where: DirectoryEntry,
  context: CallContext,
  isOurs: (found: Found) => boolean | Promise<boolean>,
): Promise<Found> {
  if (!isEcho(error, NFS3_STATUS.EXIST)) throw error;
  const found = await lookup(client, where, context);
  if (await isOurs(found)) return found;
  throw error;
}

/** UNCHECKED and EXCLUSIVE creation may be repeated as they are. */
export async function create(
  client: NfsClient,
  args: ArgsOf<'CREATE'>,
  context: CallContext,
): Promise<Found> {
  return created(client, await client.ask('CREATE', args, context), args.where, context);
}

export async function mkdir(client: NfsClient, args: ArgsOf<'MKDIR'>, context: CallContext): Promise<Found> {
  try {
    return await created(client, await client.ask('MKDIR', args, context), args.where, context);
  } catch (error) {
    return ownCreation(
      ...([client, error, args.where, context] as const),
      ({ attributes }) => attributes.type === FILE_TYPE.DIR,
    );
  }
}

export async function mknod(client: NfsClient, args: ArgsOf<'MKNOD'>, context: CallContext): Promise<Found> {
  try {
    return await created(client, await client.ask('MKNOD', args, context), args.where, context);
  } catch (error) {
    return ownCreation(
      ...([client, error, args.where, context] as const),
      ({ attributes }) => attributes.type === args.what.type,
    );
  }
}

export async function symlink(
  client: NfsClient,
  args: ArgsOf<'SYMLINK'>,
  context: CallContext,
): Promise<Found> {
  try {
    return await created(client, await client.ask('SYMLINK', args, context), args.where, context);
  } catch (error) {
    return ownCreation(client, error, args.where, context, async ({ object, attributes }) => {
      if (attributes.type !== FILE_TYPE.LNK) return false;
      const { target } = await client.ask('READLINK', { object }, context);
      return Buffer.compare(target, args.target) === 0;
    });
  }
}

/** The linked file's attributes. */
export async function link(client: NfsClient, args: ArgsOf<'LINK'>, context: CallContext): Promise<Found> {
  const { file, link: where } = args;
  try {
    const { attributes } = await client.ask('LINK', args, context);
    return { object: file, attributes: attributes ?? (await getattr(client, file, context)) };
  } catch (error) {
    return ownCreation(
      ...([client, error, where, context] as const),
      ({ object }) => Buffer.compare(object, file) === 0,
    );
  }
}

export async function remove(
  client: NfsClient,
  procedure: 'REMOVE' | 'RMDIR',
  where: DirectoryEntry,
  context: CallContext,
): Promise<void> {
  try {
    await client.ask(procedure, where, context);
  } catch (error) {
    if (!isEcho(error, NFS3_STATUS.NOENT)) throw error;
  }
}

/** Whoever renames has just seen the old name: if a copy does not find it and the new one is there, it was moved. */
export async function rename(client: NfsClient, args: ArgsOf<'RENAME'>, context: CallContext): Promise<void> {
  try {
    await client.ask('RENAME', args, context);
  } catch (error) {
    if (!isEcho(error, NFS3_STATUS.NOENT)) throw error;
    await client.ask('LOOKUP', args.to, context);
  }
}
