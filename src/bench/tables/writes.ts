import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { action, Client, type Update } from '../../p4runtime';
import type { SwitchCommand } from '../lab/switches';
import { keysOf } from './entries';
import { tablesProgram } from './program';

export const WRITE_ENTRIES = 100_000;
export const BATCH_ENTRIES = 500;
const START_TIMEOUT_MS = 20_000;

/**
 * Entries of the exact table that a switch without ports takes per second over P4Runtime, from our client, with
 * `under_way` batches sent and not answered yet. The entries are encoded within the time.
 */
export async function writesPerSecond(
  command: SwitchCommand,
  under_way: number,
  signal: AbortSignal,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'storeswitch-bench-'));
  const socket_path = join(folder, 'switch.sock');
  const [file = '', ...args] = command.argv;
  const child = spawn(
    file,
    [...args, '--no-p4', '--device-id', '1', '--', '--grpc-server-addr', `unix:${socket_path}`],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  let client: Client | undefined;
  try {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!existsSync(socket_path)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`the ${command.name} switch did not start`);
      await sleep(20, undefined, { signal });
    }
    const program = tablesProgram();
    client = new Client(
      { socket_path, device_id: 1n },
      { p4info: program.p4info, batch_updates_max: BATCH_ENTRIES },
    );
    await client.start({ keep_trying: true });
    await client.pushPipeline(program);
    return await write(client, under_way, signal);
  } finally {
    client?.close();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function write(client: Client, under_way: number, signal: AbortSignal): Promise<number> {
  const keys = keysOf('exact', WRITE_ENTRIES);
  const updates = Array.from({ length: WRITE_ENTRIES }, (_, i): Update => {
    const [mac] = keys.match(i);
    if (mac?.kind !== 'exact') throw new Error('the exact table has one exact key');
    return {
      type: 'insert',
      entity: {
        table: keys.table,
        match: { 'hdr.query.mac': mac },
        action: action('Lookup.send', { port: 1 + (i & 3) }),
      },
    };
  });
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < updates.length) {
      signal.throwIfAborted();
      const batch = updates.slice(next, (next += BATCH_ENTRIES));
      await client.write(batch);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: under_way }, writer));
  return Math.round((WRITE_ENTRIES / (performance.now() - started)) * 1000);
}
