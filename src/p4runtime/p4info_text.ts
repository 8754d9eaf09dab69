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
    const line = /^(.*) \(line (\d+)\)$/s.exec(message);
    if (line === null)
      throw new P4InfoError(file, undefined, `not a P4Info text: ${message}`, { cause: error });
    throw new P4InfoError(file, Number(line[2]), `not a P4Info text: ${line[1]}`, { cause: error });
  }
  return P4Info.decode(bytes);
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
