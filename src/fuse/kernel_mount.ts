/**
 * Mounting: /dev/fuse is opened, and mount(2) joins it to a folder (mount(8), fuse(4)). Who is not root has fusermount3
 * do it, the set-uid program of the FUSE project, which sends the opened device over a socket (fusermount3(1)).
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MountError } from './errors';
import { errno, mountLibc } from './libc';
import { ERRNO } from './protocol/errno';

export interface KernelMountOptions {
  folder: string;
  /** What `mount` and /proc/mounts show, such as `10.0.0.100:/share`. */
  source: string;
  /** Other users than the one who mounts may use it. */
  allow_other: boolean;
  /** The kernel judges by owner and mode; else the file system is asked. */
  kernel_permissions: boolean;
  read_only: boolean;
  read_bytes_max: number;
}

const DEVICE = '/dev/fuse';
const SUBTYPE = 'storeswitch';
export const FILE_SYSTEM_TYPE = `fuse.${SUBTYPE}`;

/** mount(2) and umount2(2). */
const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MNT_DETACH = 2;

/** socket(2), cmsg(3). */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const CMSG_DATA_AT = 16;
const CONTROL_BYTES = 64;

/** A file system that the kernel sends requests for. */
export class KernelMount {
  private constructor(
    /** Of the device; requests are read from it. */
    readonly fd: number,
    readonly folder: string,
    private readonly by_fusermount: boolean,
  ) {}

  /** Rejects with MountError. */
  static async create(options: KernelMountOptions): Promise<KernelMount> {
    const folder = await usableFolder(resolve(options.folder));
    if (process.getuid?.() !== 0) return new KernelMount(await fusermount(folder, options), folder, true);
    return new KernelMount(mountAsRoot(folder, options), folder, false);
  }

  /** `busy`: programs still use it. `detach`: they may go on until they are done with what they have open. */
  async unmount(detach: boolean): Promise<'unmounted' | 'busy'> {
    if (this.by_fusermount) {
      const { code, stderr } = await runFusermount([detach ? '-uz' : '-u', '--', this.folder], []);
      if (code === 0 || /not found|not mounted/.test(stderr)) return 'unmounted';
      if (/busy/i.test(stderr)) return 'busy';
      throw new MountError(`cannot unmount ${this.folder}: ${stderr.trim()}`);
    }
    return unmount(this.folder, detach);
  }
}

async function unmount(folder: string, detach: boolean): Promise<'unmounted' | 'busy'> {
  const { result, errno } = await mountLibc().umount2(folder, detach ? MNT_DETACH : 0);
  // EINVAL: somebody has unmounted it already.
  if (result === 0 || errno === ERRNO.EINVAL) return 'unmounted';
  if (errno === ERRNO.EBUSY) return 'busy';
  throw new MountError(`cannot unmount ${folder}: ${mountLibc().strerror(errno)}`);
}

/** The folder, if it can be mounted on. One whose file system of ours has lost its process is freed first. */
async function usableFolder(folder: string): Promise<string> {
  const type = mountedType(folder);
  if (type === FILE_SYSTEM_TYPE && isDead(folder)) {
    await unmount(folder, true);
  } else if (type !== undefined) {
    throw new MountError(`${folder} is in use: a file system of type ${type} is mounted there`);
  }
  try {
    if (statSync(folder).isDirectory()) return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MountError(
      code === 'ENOENT' ? `${folder} does not exist` : `${folder} cannot be used: ${code ?? String(error)}`,
    );
  }
  throw new MountError(`${folder} is not a folder`);
}

/** Of the file system mounted on exactly this folder (proc(5), mountinfo). */
function mountedType(folder: string): string | undefined {
  let type: string | undefined;
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = before
      .split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
    if (point === folder) type = after.split(' ')[0];
  }
  return type;
}

function isDead(folder: string): boolean {
  try {
    statSync(folder);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTCONN';
  }
}

function openDevice(): number {
  try {
    return openSync(DEVICE, 'r+');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO'
        ? 'it is not there: this kernel or container has no FUSE (`modprobe fuse`, or give the container /dev/fuse)'
        : (code ?? String(error));
    throw new MountError(`cannot open ${DEVICE}: ${reason}`);
  }
}

function mountAsRoot(folder: string, options: KernelMountOptions): number {
  const fd = openDevice();
  const data = [`fd=${fd}`, 'rootmode=40000', 'user_id=0', 'group_id=0', ...sharedOptions(options)];
  const flags = MS_NOSUID | MS_NODEV | (options.read_only ? MS_RDONLY : 0);
  const c = mountLibc();
  if (c.mount(options.source, folder, FILE_SYSTEM_TYPE, flags, data.join(',')) === 0) return fd;
  const number = errno();
  closeSync(fd);
  const reason =
    number === ERRNO.EPERM
      ? 'not permitted: it takes CAP_SYS_ADMIN (root; a container needs --cap-add SYS_ADMIN)'
      : c.strerror(number);
  throw new MountError(`cannot mount on ${folder}: ${reason}`);
}

function sharedOptions(options: KernelMountOptions): string[] {
  return [
    `max_read=${options.read_bytes_max}`,
    ...(options.allow_other ? ['allow_other'] : []),
    ...(options.kernel_permissions ? ['default_permissions'] : []),
  ];
}

/** The opened device, from fusermount3. */
async function fusermount(folder: string, options: KernelMountOptions): Promise<number> {
  const c = mountLibc();
  const pair = new Int32Array(2);
  if (c.socketpair(AF_UNIX, SOCK_STREAM, 0, pair) !== 0) {
    throw new MountError(`no socket for fusermount3: ${c.strerror(errno())}`);
  }
  const [ours = -1, theirs = -1] = pair;
  try {
    const mount_options = [
      ...sharedOptions(options),
      ...['nosuid', 'nodev', ...(options.read_only ? ['ro'] : [])],
      `fsname=${options.source}`,
      `subtype=${SUBTYPE}`,
    ].join(',');
    const { code, stderr } = await runFusermount(['-o', mount_options, '--', folder], [theirs]);
    if (code !== 0) throw new MountError(`cannot mount on ${folder}: ${stderr.trim()}`);
    return receiveDescriptor(ours);
  } finally {
    closeSync(ours);
    closeSync(theirs);
  }
}

/** `inherited`: descriptors that the program gets as 3, 4, ... */
function runFusermount(
  argv: readonly string[],
  inherited: readonly number[],
): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('fusermount3', argv, {
      stdio: ['ignore', 'ignore', 'pipe', ...inherited],
      env: { ...process.env, _FUSE_COMMFD: '3' },
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', () =>
      reject(new MountError('only root may mount, or whoever has fusermount3 (Debian: `apt install fuse3`)')),
    );
    child.once('close', (code) => resolve({ code, stderr }));
  });
}

/** The descriptor that a message on the socket carries (unix(7), SCM_RIGHTS). */
function receiveDescriptor(socket: number): number {
  const c = mountLibc();
  const control = Buffer.alloc(CONTROL_BYTES);
  const header = {
    name: null,
    namelen: 0,
    iov: [{ base: Buffer.alloc(1), len: 1 }],
    iovlen: 1,
    control,
    controllen: CONTROL_BYTES,
    flags: 0,
  };
  if (c.recvmsg(socket, header, 0) < 0) {
    throw new MountError(`fusermount3 gave no device: ${c.strerror(errno())}`);
  }
  return control.readInt32LE(CMSG_DATA_AT);
}
