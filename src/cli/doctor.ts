/** `storeswitch doctor`: what this machine lacks, and the command that mends each. */
import type { Command } from 'commander';
import type { Check, Finding } from './checks/check';
import { CliError } from './exit_codes';
import { jsonOption, type JsonOptions } from './options';
import { printJson, printLine } from './output';

export function register(program: Command): void {
  program
    .command('doctor')
    .description('tell what this machine lacks and the command that mends it')
    .addOption(jsonOption())
    .action(async (options: JsonOptions) => {
      const findings = await examine();
      const lacks = findings.filter(({ state }) => state === 'lacks');
      if (options.json) printJson({ ok: lacks.length === 0, findings });
      else findings.forEach(printFinding);
      if (lacks.length > 0) {
        throw new CliError('failed', `this machine lacks ${lacks.map(({ name }) => name).join(', ')}`);
      }
    });
}

async function examine(): Promise<Finding[]> {
  const programs = await import('./checks/programs.js');
  const { checkNativeLibrary } = await import('./checks/libraries.js');
  const { checkPipeline } = await import('./checks/pipeline.js');
  const { checkPorts } = await import('./checks/ports.js');
  const { checkCapabilities, checkNamespaces } = await import('./checks/privileges.js');
  const findings: Finding[] = [];
  const checks: [string, Check][] = [
    ['Node.js', programs.checkNode],
    ['npm packages', programs.checkNpmPackages],
    ['native library', checkNativeLibrary],
    ['Debian packages', programs.checkDebianPackages],
    ['Mininet', programs.checkMininet],
    ["the demo's UDP client", programs.checkCompiled],
    ['compiled P4 program', checkPipeline],
    ['privileges', checkCapabilities],
    ['network namespaces', checkNamespaces],
    ['ports', checkPorts],
    ['optional programs', programs.checkOptionalPrograms],
  ];
  for (const [name, check] of checks) {
    try {
      findings.push(...(await check()));
    } catch (error) {
      // Such as a machine that is not Debian: what could not be looked at is worth knowing, and the rest goes on.
      const detail = error instanceof Error ? error.message : String(error);
      findings.push({ name, state: 'note', detail });
    }
  }
  return findings;
}

const MARK = { ok: 'ok   ', lacks: 'LACKS', note: 'note ' } as const;

function printFinding({ name, state, detail, jobs, mend }: Finding): void {
  printLine(`${MARK[state]}  ${name}: ${detail}${jobs === undefined ? '' : ` [${jobs.join(', ')}]`}`);
  if (mend !== undefined) printLine(`       -> ${mend}`);
}
