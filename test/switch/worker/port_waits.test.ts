import { readdirSync, readlinkSync } from 'node:fs';
import { MemoryPort } from '../../../src/switch/ports/memory';
import { libc } from '../../../src/afpacket/libc';
import type { PollablePort } from '../../../src/switch/ports/port';
import { PortWaits } from '../../../src/switch/worker/port_waits';

const NON_BLOCKING = 0o4000;
const TIMEOUT_MS = 10_000;

/** A port that waits behind an event counter, as others do behind a socket. */
class CounterPort extends MemoryPort implements PollablePort {
  fd = libc().eventfd(0, NON_BLOCKING);
  errors = 0;

  signal(): void {
    libc().write(this.fd, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 8);
  }

  receiveBatch(): number {
    return Number(libc().read(this.fd, Buffer.alloc(8), 8)) > 0 ? 1 : 0;
  }

  reopen(): void {
    libc().close(this.fd);
    this.fd = libc().eventfd(0, NON_BLOCKING);
  }

  onPollError(): void {
    this.errors++;
  }

  maintain(): void {
    return;
  }
}

const wakeup = new CounterPort(0);
const ports: CounterPort[] = [];
const waits = new PortWaits(ports, wakeup.fd);

function expectWoken(by: CounterPort): void {
  by.signal();
  expect(waits.wait(TIMEOUT_MS)).toBe(by === wakeup ? 'called' : 'ready');
  expect(by.receiveBatch()).toBe(1);
}

test('whoever has something ends the wait, also a port that came later or opened anew', () => {
  expect(waits.wait(1)).toBe('timeout');
  expectWoken(wakeup);
  ports.push(new CounterPort(1), new CounterPort(2));
  ports.forEach(expectWoken);
  const [first, second] = ports as [CounterPort, CounterPort];
  ports.splice(0, 1);
  expectWoken(second);
  ports.unshift(first);
  ports.forEach(expectWoken);
  // The kernel gives the same number again.
  const { fd } = second;
  second.reopen();
  expect(second.fd).toBe(fd);
  waits.refresh();
  expectWoken(second);
});

test('a port without a descriptor is waited for as soon as it has one', () => {
  const port = new CounterPort(3);
  const { fd } = port;
  port.fd = -1;
  ports.push(port);
  expect(waits.wait(1)).toBe('timeout');
  port.fd = fd;
  expectWoken(port);
});

test('what a closed one had open is closed', () => {
  const polls = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventpoll]';
      } catch {
        // That of the listing itself.
        return false;
      }
    }).length;
  const before = polls();
  const opened = Array.from({ length: 3 }, () => new PortWaits([], wakeup.fd));
  expect(polls()).toBe(before + 3);
  for (const one of opened) {
    one.close();
    one.close();
  }
  expect(polls()).toBe(before);
  expectWoken(wakeup);
});
