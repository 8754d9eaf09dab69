/** `storeswitch trace`: sampled requests, as they are answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { SampledRecords } from '../controller/records/feed';
import type { PerformanceRecord } from '../controller/records/record';
import { CliError } from './exit_codes';
import { jsonOption, socketOption, type JsonOptions, type SocketOptions } from './options';
import { formatMicroseconds, printLine } from './output';

interface TraceOptions extends SocketOptions, JsonOptions {
  service?: string;
  store?: string;
  procedure?: string;
  records?: number;
}

const NOT_SAMPLING =
  'storeswitch: no service records requests: nothing will come until one has records: { sample: N }\n';
const WAIT_MS = 2000;
/** So that many records come in one answer. */
const PAUSE_MS = 50;

export function register(program: Command): void {
  program
    .command('trace')
    .description('show sampled requests as they are answered, until interrupted')
    .option('--service <name>', 'only of this service: NAME or VIRTUAL_STORE/NAME')
    .option('--store <name>', 'only at this store')
    .option('--procedure <name>', 'only of this procedure, such as READ')
    .option('--records <n>', 'end after so many', toCount)
    .addOption(socketOption())
    .addOption(jsonOption('print a JSON document a line'))
    .action(trace);
}

async function trace({ socket, service, store, procedure, records, json }: TraceOptions): Promise<void> {
  const { AdminClient } = await import('../admin/index.js');
  const client = await AdminClient.connect(socket);
  try {
    let after: number | undefined;
    for (let left = records ?? Infinity; left > 0;) {
      const params = { after, wait_ms: WAIT_MS, service, store, procedure };
      const answer = (await client.call('records.take', params)) as SampledRecords;
      if (after === undefined && !answer.is_sampling) process.stderr.write(NOT_SAMPLING);
      const shown = answer.records.slice(0, left);
      for (const record of shown) printLine(json ? JSON.stringify(record) : formatRecord(record));
      if (answer.missed > 0) process.stderr.write(`storeswitch: ${answer.missed} records were not shown\n`);
      left -= shown.length;
      after = answer.next;
      if (left > 0) await sleep(PAUSE_MS);
    }
  } finally {
    client.close();
  }
}

function formatRecord(record: PerformanceRecord): string {
  const { elapsed_us, request_bytes, response_bytes, transmissions, outcome, nfs_status } = record;
  const words = [
    record.request_time,
    `${record.client}:${record.client_port}`,
    `xid ${record.xid.toString(16).padStart(8, '0')}`,
    `${record.virtual_store}/${record.service}`,
    record.store ?? 'no store',
    record.procedure,
    record.object,
    `${request_bytes}${response_bytes === undefined ? '' : `+${response_bytes}`} octets`,
    elapsed_us === undefined ? 'unanswered' : formatMicroseconds(elapsed_us),
    transmissions > 1 ? `sent ${transmissions} times` : undefined,
    outcome !== undefined && outcome !== 'success' ? outcome : undefined,
    nfs_status !== undefined && nfs_status !== 0 ? `nfs status ${nfs_status}` : undefined,
  ];
  return words.filter((word) => word !== undefined).join(' ');
}

function toCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CliError('usage', `--records: found "${text}", expected a number from 1`);
}
