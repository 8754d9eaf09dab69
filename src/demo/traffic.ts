/** What a virtualizer's switch counted: requests by store, drops by reason. */
import { z } from 'zod';
import { callAdmin } from '../admin/index';
import type { VirtualizerState } from '../topology/state';
import { DemoError } from './errors';
import { pause } from './waiting';

export interface Traffic {
  /** Over TCP, packets. */
  store_requests: Record<string, number>;
  drops: Record<string, number>;
}

const SAMPLE_MS = 1000;

const cellsSchema = z.array(z.object({ cell: z.string(), packets: z.number() }));

export async function readTraffic({ admin_socket }: VirtualizerState): Promise<Traffic> {
  const read = async (counter: string): Promise<Record<string, number>> => {
    const cells = cellsSchema.parse(await callAdmin(admin_socket, 'counter.show', { counter }));
    return Object.fromEntries(cells.map(({ cell, packets }) => [cell, packets]));
  };
  return { store_requests: await read('store_requests'), drops: await read('drop_counter') };
}

/** What was counted since; cells that stayed as they were are left out. */
export function trafficSince(now: Traffic, before: Traffic): Traffic {
  const since = (of: keyof Traffic): Record<string, number> =>
    Object.fromEntries(
      Object.entries(now[of])
        .map(([cell, packets]): [string, number] => [cell, packets - (before[of][cell] ?? 0)])
        .filter(([, packets]) => packets > 0),
    );
  return { store_requests: since('store_requests'), drops: since('drops') };
}

/**
 * The store that gets the most requests just now: a TCP connection has one store, and so have a file's WRITEs, and that
 * is the one to hit. Rejects with DemoError where none gets any.
 */
export async function busiestStore(
  virtualizer: VirtualizerState,
  signal: AbortSignal,
  sample_ms = SAMPLE_MS,
): Promise<string> {
  const before = await readTraffic(virtualizer);
  await pause(sample_ms, signal);
  const { store_requests } = trafficSince(await readTraffic(virtualizer), before);
  const [busiest] = Object.entries(store_requests).sort(([, one], [, other]) => other - one);
  if (busiest === undefined) throw new DemoError('no store gets requests');
  return busiest[0];
}
