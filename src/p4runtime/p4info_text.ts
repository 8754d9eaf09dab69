/** P4Info in protobuf's text format, as p4c writes it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { P4Info, PROTO_DIR } from 'p4runtime-js';
import protobuf from 'protobufjs';
import * as textformat from 'protobufjs/ext/textformat';
import { P4InfoError } from './errors';

let p4info_type: protobuf.Type | undefined;

function p4infoType(): protobuf.Type {
  if (p4info_type === undefined) {
    const root = new protobuf.Root();
    root.resolvePath = (_origin, target) => {
      const ours = join(PROTO_DIR, target);
      return existsSync(ours) ? ours : target;
    };
    root.loadSync('p4/config/v1/p4info.proto', { keepCase: true });
    p4info_type = root.lookupType('p4.config.v1.P4Info');
  }
  return p4info_type;
}

/** `file` only names the text in errors. Throws P4InfoError. */
export function parseP4InfoText(text: string, file: string): P4Info {
  const type = p4infoType();
  let bytes: Uint8Array;
  try {
    bytes = type.encode(textformat.fromText(type, text)).finish();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, problem = message, line] = /^(.*) \(line (\d+)\)$/s.exec(message) ?? [];
    const at = line === undefined ? failingStatement(text) : Number(line);
    throw new P4InfoError(file, at, `not a P4Info text: ${problem}`, { cause: error });
  }
  return P4Info.decode(bytes);
}

/** Where the first top-level statement starts that cannot be parsed: some of the parser's errors have no line. */
function failingStatement(text: string): number | undefined {
  const type = p4infoType();
  let depth = 0;
  let start = 0;
  // Strings and comments are skipped, as they may hold braces.
  for (const token of text.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|#[^\n]*|[{}]/g)) {
    if (token[0] === '{') depth += 1;
    if (token[0] !== '}') continue;
    depth -= 1;
    if (depth > 0) continue;
    const end = token.index + 1;
    try {
      textformat.fromText(type, text.slice(start, end));
    } catch {
      const skipped = /^(?:\s|#[^\n]*\n)*/.exec(text.slice(start, end))?.[0].length ?? 0;
      return text.slice(0, start + skipped).split('\n').length;
    }
    start = end;
  }
  return undefined;
}

export function formatP4InfoText(p4info: P4Info): string {
  const type = p4infoType();
  return `${textformat.toText(type, type.decode(P4Info.encode(p4info).finish()))}\n`;
}

/** Throws P4InfoError, also if the file cannot be read. */
export function readP4InfoFile(file: string): P4Info {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new P4InfoError(file, undefined, `cannot be read: ${message}`, { cause: error });
  }
  return parseP4InfoText(text, file);
}
