/** Reads a configuration file and tells every mistake in it with file, line, key, what was found and expected. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isNativeError } from 'node:util/types';
import { LineCounter, parseDocument, visit, type Alias, type Document } from 'yaml';
import { crossCheck } from './check';
import { resolveConfig, type Config } from './config';
import { locate } from './locate';
import { AS_WRITTEN, formatFound, formatPath, valueAt } from './problem';
import { parseShape } from './shape';

export interface ConfigIssue {
  file: string;
  /** From 1, as `column`; both 0 where the file could not be read. */
  line: number;
  column: number;
  /** Such as `virtual_stores[0].pools[0].stores[1]`; empty where the mistake is not in one key. */
  key: string;
  expected: string;
  found: string;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly issues: readonly ConfigIssue[]) {
    super(issues.map(formatIssue).join('\n'));
  }
}

function formatIssue({ file, line, column, key, expected, found }: ConfigIssue): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}: ${key === '' ? '' : `${key}: `}found ${found}, expected ${expected}`;
}

/** The checked configuration in `file`; throws ConfigError. Relative paths in it start at the file's folder. */
export function loadConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const found = errorMessage(error);
    throw new ConfigError([
      { file, line: 0, column: 0, key: '', found, expected: 'a file that can be read' },
    ]);
  }
  return parseConfig(text, file);
}

/** As `loadConfig`, from text that was read from `file`. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseYaml(text, file, lines);
  const data = toPlainData(document, file, lines);
  const result = parseShape(data);
  const problems = 'problems' in result ? result.problems : crossCheck(result.shape);
  if ('problems' in result || problems.length > 0) {
    const issues = problems.map(({ path, at = 'value', found, expected }) => ({
      file,
      ...locate(document, lines, path, at),
      key: formatPath(path),
      found: formatFound(found === AS_WRITTEN ? valueAt(data, path) : found),
      expected,
    }));
    throw new ConfigError(issues.sort((a, b) => a.line - b.line || a.column - b.column));
  }
  const config = resolveConfig(result.shape);
  const absolute = (path: string) => resolve(dirname(file), path);
  const { pipeline } = config.switch;
  const { folder } = config.records;
  return {
    ...config,
    switch: { ...config.switch, ...(pipeline !== undefined && { pipeline: absolute(pipeline) }) },
    records: { ...config.records, ...(folder !== undefined && { folder: absolute(folder) }) },
    virtual_stores: config.virtual_stores.map((virtualStore) => {
      const { smb, ...rest } = virtualStore;
      return smb === undefined ? rest : { ...rest, smb: withAbsolutePaths(smb, absolute) };
    }),
  };
}

type SmbConfig = NonNullable<Config['virtual_stores'][number]['smb']>;

function withAbsolutePaths(smb: SmbConfig, absolute: (path: string) => string): SmbConfig {
  const shares = smb.shares.map(({ folder, ...share }) =>
    folder === undefined ? share : { ...share, folder: absolute(folder) },
  );
  const { network_namespace } = smb;
  return {
    ...smb,
    ...(network_namespace !== undefined && { network_namespace: absolute(network_namespace) }),
    state_folder: absolute(smb.state_folder),
    shares,
  };
}

function parseYaml(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ pos, message }) => {
        const { line, col } = lineCounter.linePos(pos[0]);
        return notYaml(file, line, col, message);
      }),
    );
  }
  return document;
}

/** YAML that parses can still have no value: aliases of nothing, or that expand without end. */
function toPlainData(document: Document.Parsed, file: string, lineCounter: LineCounter): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const { line, col } = lineCounter.linePos(firstUnresolvedAlias(document)?.range?.[0] ?? 0);
    throw new ConfigError([notYaml(file, line, col, errorMessage(error))]);
  }
}

function firstUnresolvedAlias(document: Document.Parsed): Alias | undefined {
  let unresolved: Alias | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      unresolved = alias;
      return visit.BREAK;
    },
  });
  return unresolved;
}

function notYaml(file: string, line: number, column: number, message: string): ConfigIssue {
  return { file, line, column, key: '', found: `a YAML error (${message})`, expected: 'valid YAML' };
}

function errorMessage(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}
