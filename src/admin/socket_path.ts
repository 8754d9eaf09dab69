/** Taking a Unix socket's path: from nobody, or from a process that died without removing it, never from a live one. */
import { lstatSync, mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { AdminError } from './errors';

/** sizeof(sockaddr_un.sun_path) - 1: unix(7). */
export const SOCKET_PATH_BYTES_MAX = 107;

/** Throws AdminError if `path` is too long for a socket. */
export function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new AdminError(
      'failed',
      `${path}: a socket's path has at most ${SOCKET_PATH_BYTES_MAX} bytes, this one has ${Buffer.byteLength(path)}`,
    );
  }
}

/** Makes `path` free to listen at. Throws AdminError if a live process or something else than a socket is there. */
export async function clearSocketPath(path: string): Promise<void> {
  checkSocketPath(path);
  mkdirSync(dirname(path), { recursive: true });
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new AdminError('failed', `${path}: is not a socket, and is not replaced`);
  }
  if (await answers(path)) throw inUse(path);
  // Two controllers that start at once may both find the dead socket; the second must not remove what the first has
  // put in its place. So the file is moved aside and looked at again.
  const aside = `${path}.${process.pid}`.slice(0, SOCKET_PATH_BYTES_MAX);
  renameSync(path, aside);
  if (await answers(aside)) {
    renameSync(aside, path);
    throw inUse(path);
  }
  unlinkSync(aside);
}

function inUse(path: string): AdminError {
  return new AdminError(
    'failed',
    `${path}: another controller is running: stop it, or choose another socket`,
  );
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // A full backlog is a process that lives.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(new AdminError('failed', `${path}: ${error.message}`, { cause: error }));
    });
  });
}
