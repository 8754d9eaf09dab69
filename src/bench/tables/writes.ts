import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { action, Client } from '../../p4runtime';
import type { SwitchCommand } from '../lab/switches';
import { BulkWriter, encodeBatches } from './bulk_writer';
import { keysOf } from './entries';
import { tablesProgram } from './program';

/** So many that code which has yet to be compiled is no large part of it. */
export const WRITE_ENTRIES = 500_000;
export const BATCH_ENTRIES = 500;
const START_TIMEOUT_MS = 20_000;
const DEVICE_ID = 1n;
const ELECTION_ID = 1n;

/** The requests that insert `count` entries into the exact table, encoded. */
export function insertRequests(count: number, election_id = ELECTION_ID): Buffer[] {
  const keys = keysOf('exact', count);
  const updates = Array.from({ length: count }, (_, i) => {
    const [mac] = keys.match(i);
    if (mac?.kind !== 'exact') throw new Error('the exact table has one exact key');
    const entity = {
      table: keys.table,
      match: { 'hdr.query.mac': mac },
      action: action('Lookup.send', { port: 1 + (i & 3) }),
    };
    return { type: 'insert' as const, entity };
  });
  return encodeBatches(tablesProgram().p4info, updates, BATCH_ENTRIES, { device_id: DEVICE_ID, election_id });
}

/**
 * Entries of the exact table that a switch without ports takes per second over P4Runtime, with `under_way` requests
 * sent and not answered yet. `requests` are those of `insertRequests`: encoded before, so that it is the switch that is
 * measured.
 */
export async function writesPerSecond(
  command: SwitchCommand,
  requests: readonly Buffer[],
  under_way: number,
  signal: AbortSignal,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'storeswitch-bench-'));
  const socket_path = join(folder, 'switch.sock');
  const [file = '', ...args] = command.argv;
  const child = spawn(
    file,
    [...args, '--no-p4', '--device-id', `${DEVICE_ID}`, '--', '--grpc-server-addr', `unix:${socket_path}`],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  let client: Client | undefined;
  let writer: BulkWriter | undefined;
  try {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!existsSync(socket_path)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`the ${command.name} switch did not start`);
      await sleep(20, undefined, { signal });
    }
    const program = tablesProgram();
    client = new Client(
      { socket_path, device_id: DEVICE_ID },
      { p4info: program.p4info, election_id: ELECTION_ID },
    );
    await client.start({ keep_trying: true });
    await client.pushPipeline(program);
    writer = new BulkWriter(socket_path);
    const took_ms = await writer.write(requests, under_way, signal);
    return Math.round(((requests.length * BATCH_ENTRIES) / took_ms) * 1000);
  } finally {
    writer?.close();
    client?.close();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}
