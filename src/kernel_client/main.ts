/** `npm run test:kernel`: a Linux kernel of its own mounts the virtual store, in one way after another. */
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Target } from '../topology/state';
import { guestKernel } from './build';
import { describeCounts, runClient } from './client_run';
import { DemoError } from '../demo/errors';
import { TopologyError } from '../topology/errors';
import { KernelClientError } from './errors';
import { isClean, type FailedTransport, type KernelClientResult } from './result';
import { TRANSPORTS, type Transport } from './transports';

interface Options {
  transport?: Transport;
  rsize: number;
  wsize: number;
  replyLoss: number;
  seed: number;
  target: Target;
  instance: string;
  json?: boolean;
}

/** For what guests leave; not below the topology's folder, which goes with it. */
const RESULTS = resolve(__dirname, '../../.storeswitch/kernel-client');

/** Process 1 and its parameters are on the kernel's command line, whose words end at blanks. */
function checkPaths(): void {
  if (process.getuid?.() !== 0) throw new KernelClientError('network namespaces need root: run this as root');
  if (/\s/.test(RESULTS))
    throw new KernelClientError(`a path with blanks cannot be given to the guest: ${RESULTS}`);
}

function parseNumber(minimum: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= minimum) return number;
    throw new InvalidArgumentError(`expected a whole number of at least ${minimum}.`);
  };
}

function parsePercent(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= 50) return number;
  throw new InvalidArgumentError('expected a number from 0 to 50.');
}

async function main(): Promise<void> {
  const options = new Command('test:kernel')
    .description(
      'A Linux kernel (User-Mode Linux) mounts the virtual store through the switch and works on it while a store is killed, drained and restored.',
    )
    .addOption(
      new Option(
        '--transport <transport>',
        'only this one: NFSv3 over UDP or TCP to the stores, or through the gateway; SMB through the gateway',
      ).choices(TRANSPORTS),
    )
    .option('--rsize <bytes>', "of NFS's READ; the kernel rounds it", parseNumber(1024), 8192)
    .option('--wsize <bytes>', "of NFS's WRITE", parseNumber(1024), 8192)
    .option(
      '--reply-loss <percent>',
      "of the stores' replies over UDP, while no store is dead",
      parsePercent,
      1,
    )
    .option('--seed <number>', 'of the load', parseNumber(0), 1)
    .addOption(
      new Option('--target <target>', 'the switch').choices(['embedded', 'bmv2']).default('embedded'),
    )
    .option('--instance <name>', 'name of the topology', 'kernel')
    .option('--json', 'print one JSON document')
    .parse()
    .opts<Options>();
  checkPaths();
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const progress = (text: string): void => void process.stderr.write(`kernel client: ${text}\n`);
  const kernel = await guestKernel(progress, interruption.signal);
  const { target, seed } = options;
  const result: KernelClientResult = { target, kernel: kernel.version, seed, transports: [] };
  for (const transport of options.transport === undefined ? TRANSPORTS : [options.transport]) {
    const run = runClient({
      ...options,
      transport,
      kernel,
      reply_loss_percent: options.replyLoss,
      results: join(RESULTS, transport),
      progress,
      signal: interruption.signal,
    });
    result.transports.push(
      await run.catch((error: unknown): FailedTransport => {
        // The other transports may do better.
        if (interruption.signal.aborted || !isExpected(error)) throw error;
        progress(`${transport}: ${error.message}`);
        return { transport, failed: error.message };
      }),
    );
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else print(result);
  if (!result.transports.every(isClean)) process.exitCode = 1;
}

/** What may go wrong in a run; anything else is a fault of this program. */
function isExpected(error: unknown): error is Error {
  return [KernelClientError, DemoError, TopologyError].some((kind) => error instanceof kind);
}

function print({ target, kernel, transports }: KernelClientResult): void {
  const lines = [`Linux ${kernel}, ${target} switch`];
  for (const one of transports) {
    if ('failed' in one) {
      lines.push('', `${one.transport}: failed: ${one.failed}`);
      continue;
    }
    lines.push(
      '',
      `${one.transport}: ${one.mount}`,
      `  failed operations     ${one.failed_operations} of ${one.operations} (${one.dbench_operations} of them by ${one.dbench_runs} runs of dbench)`,
      `  corrupted bytes       ${one.corrupted_bytes} of ${one.bytes_written} written, ${one.bytes_read} read`,
      `  duplicate executions  ${one.duplicate_executions}`,
      one.smb_requests > 0
        ? `  SMB                   ${one.smb_requests} requests, ${one.smb_reconnects} reconnects`
        : `  RPC                   ${one.rpc_calls} calls, ${one.rpc_retransmissions} sent again, ${one.gateway_retransmissions} by the gateway`,
      `  replies withheld      ${one.replies_withheld}`,
      `  requests by store     ${describeCounts(one.store_requests)}`,
      `  drops                 ${describeCounts(one.drops)}`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`kernel client: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
