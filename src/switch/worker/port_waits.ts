import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLL_EVENT_BYTES,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  errno,
  libc,
} from '../../afpacket/libc';
import type { PollablePort } from '../ports/port';

const EVENTS_MAX = 64;
const EVENT_WORDS = EPOLL_EVENT_BYTES / 4;
/** Where in an event its data is: the number that `watch` gave. x64 packs the structure. */
const DATA_WORD = EPOLL_EVENT_BYTES === 12 ? 1 : 2;
const ERRORS = EPOLLERR | EPOLLHUP;
const WAKEUP = 0xffffffff;

/** What ended a wait: the other thread (and perhaps ports too), ports, or the time. */
export type WaitEnd = 'called' | 'ready' | 'timeout';

/**
 * Waits in epoll_wait(2) for frames of any port, or for the other thread: what a wait costs does not grow with the ports.
 * The kernel forgets a descriptor that is closed, so `refresh` has to be called after ports may have opened theirs anew.
 */
export class PortWaits {
  private fd: number;
  private readonly events = new Uint32Array(EVENTS_MAX * EVENT_WORDS);
  private readonly event_bytes = new Uint8Array(this.events.buffer);
  private readonly request = new Uint32Array(EVENT_WORDS);
  private readonly request_bytes = new Uint8Array(this.request.buffer);
  /** What was watched last, by place among the ports. */
  private watched: { port: PollablePort; fd: number }[] = [];

  constructor(
    /** May change between calls. */
    private readonly ports: readonly PollablePort[],
    wakeup_fd: number,
  ) {
    this.fd = libc().epoll_create1(EPOLL_CLOEXEC);
    if (this.fd < 0) throw new Error(`epoll_create1: ${libc().strerror(errno())}`);
    this.watch(wakeup_fd, WAKEUP);
  }

  /** Watches the descriptors that ports have now. */
  refresh(): void {
    this.watched = this.ports.map((port) => ({ port, fd: port.fd }));
    this.watched.forEach(({ fd }, place) => {
      if (fd >= 0) this.watch(fd, place);
    });
  }

  /** Sleeps `timeout_ms` at most. Ports hear of their errors. */
  wait(timeout_ms: number): WaitEnd {
    if (this.haveChanged()) this.refresh();
    const count = libc().epoll_wait(this.fd, this.event_bytes, EVENTS_MAX, timeout_ms);
    let end: WaitEnd = count > 0 ? 'ready' : 'timeout';
    for (let i = 0; i < count; i++) {
      const place = this.events[i * EVENT_WORDS + DATA_WORD] as number;
      if (place === WAKEUP) end = 'called';
      else if (((this.events[i * EVENT_WORDS] as number) & ERRORS) !== 0) this.ports[place]?.onPollError();
    }
    return end;
  }

  /** After it there is no waiting any more. */
  close(): void {
    if (this.fd < 0) return;
    libc().close(this.fd);
    this.fd = -1;
  }

  private haveChanged(): boolean {
    const { ports, watched } = this;
    if (ports.length !== watched.length) return true;
    for (let i = 0; i < watched.length; i++) {
      const { port, fd } = watched[i] as { port: PollablePort; fd: number };
      if (ports[i] !== port || port.fd !== fd) return true;
    }
    return false;
  }

  private watch(fd: number, data: number): void {
    this.request[0] = EPOLLIN;
    this.request[DATA_WORD] = data;
    // Already watched, perhaps under another number.
    if (libc().epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, this.request_bytes) < 0)
      libc().epoll_ctl(this.fd, EPOLL_CTL_MOD, fd, this.request_bytes);
  }
}
