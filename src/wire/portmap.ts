/** Portmapper version 2 (RFC 1833 section 3): where a host serves which RPC program. Versions 3 and 4: `rpcbind.ts`. */
import { uint } from './field';
import { XdrReader, XdrWriter } from './xdr';

export const PORTMAP_VERSION = 2;
export const PORTMAP_PORT = 111;
export const PORTMAP_PROCEDURE = { NULL: 0, SET: 1, UNSET: 2, GETPORT: 3, DUMP: 4, CALLIT: 5 } as const;

/** A host registers some dozens; more is nonsense or malice. */
const MAPPINGS_MAX = 1024;

export interface PortMapping {
  program: number;
  version: number;
  /** IP protocol number: 6 or 17. */
  protocol: number;
  /** 0 in the arguments of GETPORT. */
  port: number;
}

export function encodeGetportArgs(mapping: Omit<PortMapping, 'port'>): Uint8Array {
  const writer = new XdrWriter();
  writeMapping(writer, { ...mapping, port: 0 });
  return writer.finish();
}

export function decodeGetportArgs(args: Uint8Array): PortMapping | undefined {
  const reader = new XdrReader(args);
  const mapping = readMapping(reader);
  return reader.ok ? mapping : undefined;
}

/** The port, 0 if the program is not registered. */
export function decodeGetportResults(results: Uint8Array): number | undefined {
  const reader = new XdrReader(results);
  const port = reader.uint32();
  return reader.ok && port <= 0xffff ? port : undefined;
}

export function encodeGetportResults(port: number): Uint8Array {
  return new XdrWriter().uint32(uint('port', port, 16)).finish();
}

export function decodeDumpResults(results: Uint8Array): PortMapping[] | undefined {
  const reader = new XdrReader(results);
  const mappings = reader.list(MAPPINGS_MAX, () => readMapping(reader));
  return reader.ok ? mappings : undefined;
}

export function encodeDumpResults(mappings: readonly PortMapping[]): Uint8Array {
  const writer = new XdrWriter();
  return writer.list(mappings, (mapping) => writeMapping(writer, mapping)).finish();
}

function readMapping(reader: XdrReader): PortMapping {
  return {
    program: reader.uint32(),
    version: reader.uint32(),
    protocol: reader.uint32(),
    port: reader.uint32(),
  };
}

function writeMapping(writer: XdrWriter, mapping: PortMapping): void {
  writer.uint32(mapping.program).uint32(mapping.version).uint32(mapping.protocol).uint32(mapping.port);
}
