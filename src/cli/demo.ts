/** `storeswitch demo`: the whole thing, once, on this machine. */
import { Option, type Command } from 'commander';
import { SCENARIOS, type Scenario } from '../demo/options';
import type { DemoResult } from '../demo/result';
import type { TranslationResult } from '../demo/translation';
import type { Target } from '../topology/state';
import { CliError } from './exit_codes';
import { jsonOption, type JsonOptions } from './options';
import { printJson, printLine, printTable } from './output';
import { attach, instanceOption, printTopology, targetOption } from './topology';

interface DemoCommandOptions extends JsonOptions {
  scenario: Scenario;
  target: Target;
  keep?: boolean;
  instance: string;
}

export function register(program: Command): void {
  program
    .command('demo')
    .description(
      'real NFS clients on three real stores through the switch; one store is killed and comes back',
    )
    .addOption(
      new Option(
        '--scenario <scenario>',
        'balance: packets reach stores as they are; translation: NFS/TCP, SMB and NFS/UDP clients share files',
      )
        .choices(SCENARIOS)
        .default('balance'),
    )
    .addOption(targetOption())
    .addOption(new Option('--keep', 'leave it running; `topology down` removes it'))
    .addOption(instanceOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ scenario, target, keep = false, instance, json }: DemoCommandOptions): Promise<void> {
  const { demo } = await import('../demo/demo.js');
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const progress = (text: string): void => void process.stderr.write(`demo: ${text}\n`);
  try {
    const result = await demo({ scenario, target, keep, instance, progress, signal: interruption.signal });
    const topology = keep ? await attach(instance) : undefined;
    if (json) printJson(topology === undefined ? result : { ...result, topology: topology.state });
    else printResult(result);
    if (topology !== undefined && !json) {
      printLine('');
      await printTopology(topology);
    }
    failOnErrors(result);
  } catch (error) {
    if (keep) progress('what came up may still run: `npx storeswitch topology show`, `topology down`');
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function failOnErrors(result: DemoResult): void {
  const failures: [number, string][] = [
    [result.errors, 'errors'],
    [result.checksum_mismatches, 'reads that differ from what was written'],
    [result.frames_altered, 'altered frames'],
    [result.requests_at_two_stores, 'requests at two stores'],
    [result.objects_at_two_stores, 'files written at two stores'],
  ];
  const found = failures.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (found.length > 0) throw new CliError('failed', found.join(', '));
}

function printResult(result: DemoResult | TranslationResult): void {
  const facts: [string, string][] = [
    ['switch', result.target],
    [
      'operations',
      `${result.operations} (${result.udp_operations} over UDP, ${result.tcp_operations} tool runs over TCP)`,
    ],
    ['errors', `${result.errors}; ${result.checksum_mismatches} reads that differ from what was written`],
    ['retransmissions', `${result.retransmissions}; ${result.recovered} met their own earlier execution`],
    ['rewrites', `${result.rewrites}`],
    [
      'placement',
      `${result.requests_at_two_stores} requests, ${result.objects_at_two_stores} of ${result.objects_written} written files at two stores`,
    ],
    [
      'failover',
      `${result.failover_ms} ms; ${result.held_up_requests} requests were held up` +
        (result.failover_with_losses_ms > result.failover_ms
          ? `; ${result.failover_with_losses_ms} ms with what the switch lost as before`
          : ''),
    ],
    [
      'lost in switch',
      `${result.lost_in_switch} requests and repetitions, ${result.lost_in_switch_before_kill} before the kill`,
    ],
    [
      'frames',
      `${result.frames_forwarded} forwarded, ${result.frames_altered} altered beyond their Ethernet addresses, ${result.frames_not_forwarded} not forwarded`,
    ],
  ];
  for (const [name, value] of facts) printLine(`${name.padEnd(17)}${value}`);
  printLine('');
  if ('clients' in result) printClients(result);
  printTable(
    ['store', 'UDP requests', 'of the gateway', 'share, all up', 'TCP connections', 'p50 µs', 'p99 µs'],
    result.stores.map((store) => [
      store.name,
      store.requests,
      store.gateway_requests,
      `${(store.share_all_up * 100).toFixed(1)} %`,
      store.tcp_connections,
      store.p50_us ?? undefined,
      store.p99_us ?? undefined,
    ]),
  );
}

function printClients({ clients }: TranslationResult): void {
  printTable(
    ['clients', 'operations', 'errors', 'reads that differ'],
    Object.entries(clients).map(([kind, result]) => [
      kind.toUpperCase().replace('_', '/'),
      result.operations,
      result.errors,
      result.checksum_mismatches,
    ]),
  );
  printLine('');
}
