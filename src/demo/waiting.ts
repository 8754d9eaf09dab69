/** What scenarios wait for. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { callAdmin } from '../admin/index';
import type { Topology } from '../topology/topology';
import { DemoError } from './errors';

const READY_PATIENCE_MS = 60_000;
/** smbd starts, mounts are tried again after a pause. */
const MOUNT_PATIENCE_MS = 60_000;

const storesSchema = z.array(
  z.object({ name: z.string(), state: z.string(), reason: z.string().optional() }),
);

const statusSchema = z.object({ writes: z.object({ pending: z.number() }) });

/**
 * Resolves when every store of every virtualizer is up and the switch has been told; rejects with DemoError, which
 * says which are not.
 */
export async function storesUp(topology: Topology, signal: AbortSignal): Promise<void> {
  const deadline_ms = Date.now() + READY_PATIENCE_MS;
  for (const { name, admin_socket } of topology.virtualizers) {
    for (;;) {
      const missing = await whatIsMissing(admin_socket);
      if (missing === '') break;
      if (Date.now() > deadline_ms) throw new DemoError(`${name} does not serve from all stores: ${missing}`);
      await pause(50, signal);
    }
  }
}

const sharesSchema = z.object({
  smb: z.array(
    z.object({
      shares: z.array(z.object({ name: z.string(), state: z.string(), reason: z.string().optional() })),
    }),
  ),
});

/** Resolves when every gateway has mounted the exports of all its SMB shares; rejects with DemoError. */
export async function sharesMounted(topology: Topology, signal: AbortSignal): Promise<void> {
  const deadline_ms = Date.now() + MOUNT_PATIENCE_MS;
  for (const { name, admin_socket } of topology.virtualizers) {
    const socket = join(dirname(admin_socket), 'gateway.sock');
    for (;;) {
      const missing = await whatIsNotMounted(socket);
      if (missing === '') break;
      if (Date.now() > deadline_ms)
        throw new DemoError(`the gateway of ${name} serves not all shares: ${missing}`);
      await pause(100, signal);
    }
  }
}

/** Empty if everything is. */
async function whatIsNotMounted(socket: string): Promise<string> {
  try {
    const { smb } = sharesSchema.parse(await callAdmin(socket, 'status'));
    return smb
      .flatMap(({ shares }) => shares.filter(({ state }) => state !== 'mounted'))
      .map(({ name, state, reason }) => `${name} is ${state}${reason === undefined ? '' : ` (${reason})`}`)
      .join(', ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Empty if nothing is missing. */
async function whatIsMissing(socket: string): Promise<string> {
  try {
    const stores = storesSchema.parse(await callAdmin(socket, 'store.list'));
    // Asked second: what is up by now has been handed to the writer.
    const { writes } = statusSchema.parse(await callAdmin(socket, 'status'));
    const missing = stores
      .filter(({ state }) => state !== 'up')
      .map(({ name, state, reason }) => `${name} is ${state}${reason === undefined ? '' : ` (${reason})`}`);
    if (writes.pending > 0) missing.push(`${writes.pending} entries are left to write`);
    return missing.join(', ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Rejects when the signal aborts. */
export function pause(duration_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new DemoError('interrupted'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, duration_ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
