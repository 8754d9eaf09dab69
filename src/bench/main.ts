import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { affinityBenchmark } from './affinity';
import { engineBenchmark } from './engine';
import { fragmentsBenchmark } from './fragments';
import { gatewayBenchmark } from './gateway';
import { overheadBenchmark } from './overhead';
import { packetIoBenchmark } from './packet_io';
import { policyBenchmark } from './policy';
import { sessionsBenchmark } from './sessions';
import { smbBenchmark } from './smb';
import { tablesBenchmark } from './tables';
import { describeMachine, renderReport, type Benchmark } from './report';

const BENCHMARKS: readonly Benchmark[] = [
  engineBenchmark,
  tablesBenchmark,
  packetIoBenchmark,
  fragmentsBenchmark,
  policyBenchmark,
  affinityBenchmark,
  sessionsBenchmark,
  overheadBenchmark,
  gatewayBenchmark,
  smbBenchmark,
];

async function main(): Promise<void> {
  const program = new Command('bench')
    .description('Runs a benchmark: npm run bench -- NAME')
    .argument('<name>', `one of: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
    .option('--json', 'one JSON document on stdout instead of a table')
    .option('--full', 'more of everything, where the benchmark can: takes much longer')
    .option('--plot <file>', 'an SVG drawing into this file, where the benchmark has one')
    .parse();
  const { json = false, full = false, plot } = program.opts<{ json?: true; full?: true; plot?: string }>();
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
  const report = await benchmark.run((line) => process.stderr.write(`${line}\n`), interrupted.signal, {
    full,
  });
  if (plot !== undefined) {
    if (report.plot === undefined) throw new Error(`--plot: ${benchmark.name} draws nothing`);
    writeFileSync(plot, report.plot);
  }
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...report.figures, machine })}\n`
      : `${renderReport(benchmark, machine, report)}\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
