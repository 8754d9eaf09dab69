import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import Table from 'cli-table3';

/** What a figure depends on besides the code: printed with every benchmark. */
export interface Machine {
  cpu: string;
  cores: number;
  memory_gib: number;
  kernel: string;
  node: string;
  /** First line of `simple_switch_grpc --version`, null where it is not on PATH. */
  simple_switch_grpc: string | null;
}

/** What a benchmark returns; `figures` are the JSON fields that its issue names. */
export interface Report {
  figures: Record<string, Figure | Record<string, Figure>>;
  /** For people: a table with one row per thing measured. */
  head: string[];
  rows: string[][];
  notes: string[];
  /** An SVG drawing of it. */
  plot?: string;
}

export type Figure = number | string | null;

export interface BenchmarkOptions {
  /** More of everything, and as long as it takes. */
  full: boolean;
}

export interface Benchmark {
  name: string;
  description: string;
  /** Ends soon after `signal` aborts, and leaves nothing behind. */
  run(progress: (line: string) => void, signal: AbortSignal, options: BenchmarkOptions): Promise<Report>;
}

function firstLine(command: string, args: string[]): string | null {
  try {
    return (
      execFileSync(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .split('\n')[0] ?? null
    );
  } catch {
    return null;
  }
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    simple_switch_grpc: firstLine('simple_switch_grpc', ['--version']),
  };
}

export function renderReport(benchmark: Benchmark, machine: Machine, report: Report): string {
  const table = new Table({ head: report.head, style: { head: [], border: [] } });
  table.push(...report.rows);
  const bmv2 = machine.simple_switch_grpc ?? 'not on PATH';
  return [
    `${benchmark.name}: ${benchmark.description}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}, Node ${machine.node}, simple_switch_grpc ${bmv2}`,
    table.toString(),
    ...report.notes,
  ].join('\n');
}
