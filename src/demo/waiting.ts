/** What scenarios wait for. */
import { z } from 'zod';
import { callAdmin } from '../admin/index';
import { gatewaySocket, type Topology } from '../topology/topology';
import { DemoError } from './errors';

const READY_PATIENCE_MS = 60_000;
const ASK_INTERVAL_MS = 50;

/** A store, or a share. */
const thingSchema = z.object({ name: z.string(), state: z.string(), reason: z.string().optional() });

const statusSchema = z.object({ writes: z.object({ pending: z.number() }) });

const frontsSchema = z.object({
  fronts: z.array(
    z.object({
      stores: z.array(
        z.object({ name: z.string(), exports: z.number().optional(), error: z.string().optional() }),
      ),
    }),
  ),
});

const sharesSchema = z.object({ smb: z.array(z.object({ shares: z.array(thingSchema) })) });

/**
 * Resolves when every store of every virtualizer is up, the switch has been told, and each has told its exports to the
 * gateway where there is one; rejects with DemoError, which says which are not.
 */
export async function storesUp(topology: Topology, signal: AbortSignal): Promise<void> {
  const deadline_ms = Date.now() + READY_PATIENCE_MS;
  for (const virtualizer of topology.virtualizers) {
    const { name, admin_socket, daemons } = virtualizer;
    await untilNothing(
      () => storesMissing(admin_socket),
      `${name} does not serve from all stores`,
      deadline_ms,
      signal,
    );
    if (!daemons.some((daemon) => daemon.name === 'gateway')) continue;
    await untilNothing(
      () => exportsMissing(gatewaySocket(virtualizer)),
      `the gateway of ${name} does not know all exports`,
      deadline_ms,
      signal,
    );
  }
}

/** Resolves when every gateway has mounted the exports of all its SMB shares; rejects with DemoError. */
export async function sharesMounted(topology: Topology, signal: AbortSignal): Promise<void> {
  const deadline_ms = Date.now() + READY_PATIENCE_MS;
  for (const virtualizer of topology.virtualizers) {
    const socket = gatewaySocket(virtualizer);
    await untilNothing(
      () => sharesMissing(socket),
      `the gateway of ${virtualizer.name} serves not all shares`,
      deadline_ms,
      signal,
    );
  }
}

/** Asks again and again until nothing is missing, whether it is told or cannot be asked. */
async function untilNothing(
  missing: () => Promise<string[]>,
  complaint: string,
  deadline_ms: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const found = await missing().catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ]);
    if (found.length === 0) return;
    if (Date.now() > deadline_ms) throw new DemoError(`${complaint}: ${found.join(', ')}`);
    await pause(ASK_INTERVAL_MS, signal);
  }
}

async function storesMissing(socket: string): Promise<string[]> {
  const stores = z.array(thingSchema).parse(await callAdmin(socket, 'store.list'));
  // Asked second: what is up by now has been handed to the writer.
  const { writes } = statusSchema.parse(await callAdmin(socket, 'status'));
  const left = writes.pending > 0 ? [`${writes.pending} entries are left to write`] : [];
  return [...thingsNot('up', stores), ...left];
}

async function exportsMissing(socket: string): Promise<string[]> {
  const { fronts } = frontsSchema.parse(await callAdmin(socket, 'status'));
  return fronts
    .flatMap(({ stores }) => stores.filter(({ exports }) => exports === undefined))
    .map(({ name, error = 'not asked yet' }) => `${name}: ${error}`);
}

async function sharesMissing(socket: string): Promise<string[]> {
  const { smb } = sharesSchema.parse(await callAdmin(socket, 'status'));
  return smb.flatMap(({ shares }) => thingsNot('mounted', shares));
}

function thingsNot(wanted: string, things: readonly z.output<typeof thingSchema>[]): string[] {
  return things
    .filter(({ state }) => state !== wanted)
    .map(({ name, state, reason }) => `${name} is ${state}${reason === undefined ? '' : ` (${reason})`}`);
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
