/** Mounting an export (RFC 1813 appendix I): its root handle, and what the server says of it. */
import { MOUNT_OK, MOUNT_PROCEDURE, MOUNT_VERSION, decodeMountResults, encodeMountPath } from '../wire/mount';
import type { FileSystemInformation } from '../wire/nfs3/results';
import {
  decodeGetportResults,
  encodeGetportArgs,
  PORTMAP_PORT,
  PORTMAP_PROCEDURE,
  PORTMAP_VERSION,
} from '../wire/portmap';
import { AUTH_NONE, RPC_PROGRAM } from '../wire/rpc';
import { credentialOf, type Caller } from './caller';
import { MalformedReplyError, MountRefusedError, NoReplyError } from './errors';
import { getattr } from './name_changes';
import type { Nfs3Attributes } from '../wire/nfs3/attributes';
import { NfsClient } from './nfs_client';
import { UdpChannel, type ChannelOptions } from './udp_channel';

export interface ExportAddress {
  /** IPv4 address of the virtual store. */
  address: string;
  /** Such as `/share`. */
  path: string;
  nfs_port: number;
  /** UDP port of MOUNT; undefined: ask the server's portmapper. */
  mount_port: number | undefined;
}

export interface MountedExport {
  client: NfsClient;
  root: Uint8Array;
  attributes: Nfs3Attributes;
  information: FileSystemInformation;
  name_length_max: number;
  unmount(): Promise<void>;
}

/** mountstat3 (RFC 1813 appendix I section 5.1.5). */
const MOUNT_STATUS: Readonly<Record<number, string>> = {
  1: 'MNT3ERR_PERM: not owner',
  2: 'MNT3ERR_NOENT: no such export',
  5: 'MNT3ERR_IO: I/O error',
  13: 'MNT3ERR_ACCES: permission denied',
  20: 'MNT3ERR_NOTDIR: not a directory',
  22: 'MNT3ERR_INVAL: invalid argument',
  63: 'MNT3ERR_NAMETOOLONG: path too long',
  10004: 'MNT3ERR_NOTSUPP: not supported',
  10006: 'MNT3ERR_SERVERFAULT: the server failed',
};

const IPPROTO_UDP = 17;
const REPLY_BYTES = 1024;
/** Mounting ends in an error after so long, also where later calls may wait for ever. */
const MOUNT_PATIENCE_MS = 15_000;
const UNMOUNT_PATIENCE_MS = 2000;
const ROOT: Caller = { uid: 0, gid: 0, gids: [] };

type Transport = Omit<ChannelOptions, 'address' | 'port'>;

/** Rejects with MountRefusedError, NoReplyError or RpcRefusedError. */
export async function mountExport(target: ExportAddress, transport: Transport): Promise<MountedExport> {
  const brief = { ...transport, give_up_ms: MOUNT_PATIENCE_MS };
  const mount_port = target.mount_port ?? (await askPortmap(target, brief));
  const root = await askMount(target, mount_port, brief);
  const probe = new NfsClient(
    await UdpChannel.open({ ...brief, address: target.address, port: target.nfs_port }),
  );
  try {
    const context = { caller: ROOT };
    const information = await probe.ask('FSINFO', { object: root }, context);
    const { name_max } = await probe.ask('PATHCONF', { object: root }, context);
    const attributes = information.attributes ?? (await getattr(probe, root, context));
    const channel = await UdpChannel.open({
      ...transport,
      address: target.address,
      port: target.nfs_port,
    });
    return {
      client: new NfsClient(channel),
      root,
      attributes,
      information,
      name_length_max: name_max,
      unmount: () => tellUnmounted(target, mount_port, transport),
    };
  } finally {
    probe.close();
  }
}

async function askPortmap(target: ExportAddress, transport: Transport): Promise<number> {
  const args = encodeGetportArgs({
    program: RPC_PROGRAM.mount,
    version: MOUNT_VERSION,
    protocol: IPPROTO_UDP,
  });
  const port = await callOnce(target.address, PORTMAP_PORT, transport, {
    ...{ program: RPC_PROGRAM.portmap, version: PORTMAP_VERSION, procedure: PORTMAP_PROCEDURE.GETPORT },
    args,
    credential: AUTH_NONE,
  }).catch((error: unknown) => {
    if (!(error instanceof NoReplyError)) throw error;
    throw new NoReplyError(`${error.message}: name the port of MOUNT if the server has no portmapper there`);
  });
  const answer = decodeGetportResults(port);
  if (answer === undefined) throw new MalformedReplyError('GETPORT: the answer is malformed');
  if (answer === 0) {
    throw new MountRefusedError(`${target.address} has no MOUNT version ${MOUNT_VERSION} over UDP`);
  }
  return answer;
}

async function askMount(target: ExportAddress, port: number, transport: Transport): Promise<Uint8Array> {
  const results = await callOnce(target.address, port, transport, {
    ...{ program: RPC_PROGRAM.mount, version: MOUNT_VERSION, procedure: MOUNT_PROCEDURE.MNT },
    args: encodeMountPath(target.path),
    credential: credentialOf(ROOT),
  });
  const mounted = decodeMountResults(results);
  if (mounted === undefined) throw new MalformedReplyError('MNT: the answer is malformed');
  if (mounted.status === MOUNT_OK && mounted.handle !== undefined) return mounted.handle;
  const status = MOUNT_STATUS[mounted.status] ?? `mountstat3 ${mounted.status}`;
  throw new MountRefusedError(`${target.address}:${target.path} refuses to be mounted: ${status}`);
}

/** The server only keeps a list for `showmount`: whether it hears of this does not matter. */
async function tellUnmounted(target: ExportAddress, port: number, transport: Transport): Promise<void> {
  const brief = { ...transport, give_up_ms: UNMOUNT_PATIENCE_MS };
  await callOnce(target.address, port, brief, {
    ...{ program: RPC_PROGRAM.mount, version: MOUNT_VERSION, procedure: MOUNT_PROCEDURE.UMNT },
    args: encodeMountPath(target.path),
    credential: credentialOf(ROOT),
  }).catch(() => undefined);
}

async function callOnce(
  address: string,
  port: number,
  transport: Transport,
  request: Omit<Parameters<UdpChannel['call']>[0], 'timer' | 'reply_bytes'>,
): Promise<Uint8Array> {
  const channel = await UdpChannel.open({ ...transport, address, port });
  try {
    const { results } = await channel.call({ ...request, timer: 'none', reply_bytes: REPLY_BYTES });
    return results;
  } finally {
    channel.close();
  }
}
