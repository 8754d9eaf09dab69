/** The C library calls that mounting needs. Each returns what C returns, with `errno()` valid until the next call. */
import koffi from 'koffi';

export interface MountLibc {
  mount(source: string, target: string, type: string, flags: number, data: string): number;
  /** In another thread: it may wait for the file system, which this thread serves. */
  umount2(target: string, flags: number): Promise<{ result: number; errno: number }>;
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array): number;
  recvmsg(fd: number, message: MessageHeader, flags: number): number;
  strerror(errno: number): string;
}

/** struct msghdr, as far as receiving a file descriptor needs it. */
export interface MessageHeader {
  name: null;
  namelen: number;
  iov: { base: Buffer; len: number }[];
  iovlen: number;
  control: Buffer;
  controllen: number;
  flags: number;
}

let loaded: MountLibc | undefined;

export function mountLibc(): MountLibc {
  if (loaded) return loaded;
  const c = koffi.load(null);
  const iovec = koffi.struct({ base: 'void *', len: 'size_t' });
  const msghdr = koffi.struct({
    name: 'void *',
    namelen: 'uint32_t',
    iov: koffi.pointer(iovec),
    iovlen: 'size_t',
    control: 'void *',
    controllen: 'size_t',
    flags: 'int',
  });
  const umount2 = c.func('int umount2(const char *, int)');
  loaded = {
    mount: c.func('int mount(const char *, const char *, const char *, unsigned long, const char *)'),
    umount2: (target, flags) =>
      new Promise((resolve, reject) => {
        umount2.async(target, flags, (error: Error | null, result: number) => {
          // The call is over, so this is its errno.
          if (error) reject(error);
          else resolve({ result, errno: koffi.errno() });
        });
      }),
    socketpair: c.func('int socketpair(int, int, int, void *)'),
    recvmsg: c.func('recvmsg', 'intptr_t', ['int', koffi.inout(koffi.pointer(msghdr)), 'int']),
    strerror: c.func('const char *strerror(int)'),
  };
  return loaded;
}

export function errno(): number {
  return koffi.errno();
}
