import { Command } from 'commander';
import { engineBenchmark } from './engine';
import { fragmentsBenchmark } from './fragments';
import { packetIoBenchmark } from './packet_io';
import { tablesBenchmark } from './tables';
import { describeMachine, renderReport, type Benchmark } from './report';

const BENCHMARKS: readonly Benchmark[] = [
  engineBenchmark,
  tablesBenchmark,
  packetIoBenchmark,
  fragmentsBenchmark,
];

async function main(): Promise<void> {
  const program = new Command('bench')
    .description('Runs a benchmark: npm run bench -- NAME')
    .argument('<name>', `one of: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
    .option('--json', 'one JSON document on stdout instead of a table')
    .parse();
  const name = program.args[0];
  const benchmark =
    BENCHMARKS.find((candidate) => candidate.name === name) ??
    program.error(`error: no benchmark '${name}'; there are: ${BENCHMARKS.map((b) => b.name).join(', ')}`, {
      exitCode: 2,
    });
  const machine = describeMachine();
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupted.abort(new Error('interrupted')));
  }
  const report = await benchmark.run((line) => process.stderr.write(`${line}\n`), interrupted.signal);
  process.stdout.write(
    program.opts<{ json?: boolean }>().json === true
      ? `${JSON.stringify({ ...report.figures, machine })}\n`
      : `${renderReport(benchmark, machine, report)}\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
