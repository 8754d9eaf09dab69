import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const CLONE_NEWNET = 0x40000000;
const setns = koffi.load(null).func('int setns(int fd, int type)');

function enter(fd: number): void {
  if (setns(fd, CLONE_NEWNET) !== 0) throw new Error(`setns failed (errno ${koffi.errno()})`);
}

/** Runs `body` with this thread inside the named network namespace: sockets it opens stay there. Needs root. */
export function inNamespace<T>(namespace: string, body: () => T): T {
  const own = openSync('/proc/thread-self/ns/net', 'r');
  const other = openSync(`/run/netns/${namespace}`, 'r');
  try {
    enter(other);
    try {
      return body();
    } finally {
      enter(own);
    }
  } finally {
    closeSync(own);
    closeSync(other);
  }
}
