/** `storeswitch config ...`: the configuration file, checked and described. */
import type { Command } from 'commander';
import type { ConfigIssue } from '../config/load';
import { jsonOption, type JsonOptions } from './options';
import { printJson, printLine } from './output';

export function register(program: Command): void {
  const config = program.command('config').description('check configuration files');

  config
    .command('check')
    .description('tell every mistake in a configuration, with its line, key and what was expected')
    .argument('<file>', 'YAML file')
    .addOption(jsonOption())
    .action(async (file: string, options: JsonOptions) => check(file, options));

  config
    .command('schema')
    .description('print the JSON Schema of configuration files')
    .action(async () => {
      const { configJsonSchema } = await import('../config/schema.js');
      printJson(configJsonSchema());
    });
}

async function check(file: string, options: JsonOptions): Promise<void> {
  const { loadConfig, ConfigError } = await import('../config/load.js');
  const { configWarnings } = await import('../config/config.js');
  try {
    const config = loadConfig(file);
    const { Network, overfullTables, shareWarnings } = await import('../controller/index.js');
    const network = new Network(config);
    const issues = overfullTables(network).map((overfull) => overfullIssue(file, overfull));
    if (issues.length > 0) throw new ConfigError(issues);
    const warnings = [...configWarnings(config), ...shareWarnings(network)];
    if (options.json) {
      printJson({ file, valid: true, issues: [], warnings });
      return;
    }
    for (const warning of warnings) process.stderr.write(`storeswitch: warning: ${warning}\n`);
    const { stores, virtual_stores, ports } = config;
    printLine(
      `${file}: valid: ${virtual_stores.length} virtual stores, ${stores.length} stores, ${ports.length} ports`,
    );
  } catch (error) {
    if (options.json && error instanceof ConfigError) {
      printJson({ file, valid: false, issues: error.issues, warnings: [] });
    }
    throw error;
  }
}

/** A table of the switch that cannot hold what the configuration asks of it, which no single key is to blame for. */
function overfullIssue(
  file: string,
  { table, entries, size }: { table: string; entries: number; size: number },
): ConfigIssue {
  const found = `${entries} entries of the switch's table ${table}`;
  return { file, line: 0, column: 0, key: '', found, expected: `at most ${size}` };
}
