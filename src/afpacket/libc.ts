import koffi from 'koffi';

/**
 * The C library calls the ports need. Pointers are bigints or typed arrays; every call returns what C returns,
 * with `errno()` valid until the next call. Loaded at first use: memory ports need none of it.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length_bytes: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length_bytes: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length_bytes: Uint32Array): number;
  mmap(
    address: null,
    length_bytes: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): bigint;
  munmap(address: bigint, length_bytes: number): number;
  poll(fds: Uint8Array, count: number, timeout_ms: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll_fd: number, operation: number, fd: number, event: Uint8Array): number;
  epoll_wait(epoll_fd: number, events: Uint8Array, count: number, timeout_ms: number): number;
  usleep(duration_us: number): number;
  sendmmsg(fd: number, messages: bigint, count: number, flags: number): number;
  recvmmsg(fd: number, messages: bigint, count: number, flags: number, timeout: null): number;
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array): number;
  dup3(fd: number, as: number, flags: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  if_nametoindex(name: string): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, buffer: Uint8Array, length_bytes: number): bigint | number;
  write(fd: number, buffer: Uint8Array, length_bytes: number): bigint | number;
  close(fd: number): number;
  /** For calls that not every C library wraps. */
  syscall(number: number, a: number, b: Uint8Array, c: number, d: number): number;
  strerror(errno: number): string;
}

let loaded: Libc | undefined;

export function libc(): Libc {
  if (loaded) return loaded;
  if (process.platform !== 'linux') throw new Error(`packet ports need Linux; this is ${process.platform}`);
  if (koffi.sizeof('void *') !== 8) throw new Error('packet ports need a 64-bit system');
  // The global symbols of the process itself: the same line serves glibc and musl.
  const c = koffi.load(null);
  loaded = {
    socket: c.func('int socket(int, int, int)'),
    bind: c.func('int bind(int, const void *, uint32_t)'),
    setsockopt: c.func('int setsockopt(int, int, int, const void *, uint32_t)'),
    getsockopt: c.func('int getsockopt(int, int, int, void *, void *)'),
    mmap: c.func('void *mmap(void *, size_t, int, int, int, long)'),
    munmap: c.func('int munmap(void *, size_t)'),
    poll: c.func('int poll(void *, unsigned long, int)'),
    epoll_create1: c.func('int epoll_create1(int)'),
    epoll_ctl: c.func('int epoll_ctl(int, int, int, void *)'),
    epoll_wait: c.func('int epoll_wait(int, void *, int, int)'),
    usleep: c.func('int usleep(uint32_t)'),
    sendmmsg: c.func('int sendmmsg(int, void *, unsigned int, int)'),
    recvmmsg: c.func('int recvmmsg(int, void *, unsigned int, int, void *)'),
    socketpair: c.func('int socketpair(int, int, int, void *)'),
    dup3: c.func('int dup3(int, int, int)'),
    ioctl: c.func('int ioctl(int, unsigned long, void *)'),
    if_nametoindex: c.func('unsigned int if_nametoindex(const char *)'),
    eventfd: c.func('int eventfd(unsigned int, int)'),
    read: c.func('intptr_t read(int, void *, size_t)'),
    write: c.func('intptr_t write(int, const void *, size_t)'),
    close: c.func('int close(int)'),
    syscall: c.func('long syscall(long, long, void *, long, long)'),
    strerror: c.func('const char *strerror(int)'),
  };
  return loaded;
}

export function errno(): number {
  return koffi.errno();
}

/** Errors this code tells apart (asm-generic numbers, the same on every architecture koffi runs on). */
export const EPERM = 1;
export const EINTR = 4;
export const EAGAIN = 11;
export const EMSGSIZE = 90;

/** `poll(2)` event bits. */
export const POLLIN = 0x1;

/** `epoll(7)`. */
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x1;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
/** struct epoll_event: u32 events, u64 data; packed on x64 only. */
export const EPOLL_EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
