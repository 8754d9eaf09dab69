/**
 * rpcbind versions 3 and 4 (RFC 1833 section 2): portmap for any transport. A service is named by a network id and a
 * universal address, for IPv4 `tcp` or `udp` and `h1.h2.h3.h4.p1.p2` (RFC 5665 section 5.2.3.3).
 */
import { parseIpv4, type Ipv4Address } from './address';
import { fail, uint } from './field';
import { XdrReader, XdrWriter } from './xdr';

/** 4 has the procedures from GETVERSADDR on; 3 ends with TADDR2UADDR. */
export const RPCBIND_VERSIONS = [3, 4] as const;

/** CALLIT is called BCAST in version 4. */
export const RPCBIND_PROCEDURE = {
  NULL: 0,
  SET: 1,
  UNSET: 2,
  GETADDR: 3,
  DUMP: 4,
  CALLIT: 5,
  GETTIME: 6,
  UADDR2TADDR: 7,
  TADDR2UADDR: 8,
  GETVERSADDR: 9,
  INDIRECT: 10,
  GETADDRLIST: 11,
  GETSTAT: 12,
} as const;

/** Ours, against strings and lists without end. */
const STRING_LENGTH_MAX = 255;
const ENTRIES_MAX = 1024;

/** rpcb of the RFC. */
export interface RpcbindMapping {
  program: number;
  version: number;
  netid: string;
  /** Universal address; empty, or the caller's own, in the arguments of GETADDR. */
  address: string;
  owner: string;
}

/** rpcb_entry of the RFC: one way to reach a program. */
export interface RpcbindEntry {
  address: string;
  netid: string;
  semantics: number;
  family: string;
  protocol: string;
}

/** nc_semantics. */
export const SEMANTICS = { connectionless: 1, connection: 2, orderlyRelease: 3 } as const;

export interface TransportAddress {
  address: Ipv4Address;
  port: number;
}

export function encodeUniversalAddress({ address, port }: TransportAddress): string {
  if (parseIpv4(address) === undefined) fail('address', address, 'an IPv4 address');
  return `${address}.${uint('port', port, 16) >> 8}.${port & 0xff}`;
}

/** Undefined unless it is one of IPv4. */
export function decodeUniversalAddress(text: string): TransportAddress | undefined {
  const match = /^(.+)\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  const address = match?.[1] === undefined ? undefined : parseIpv4(match[1]);
  const [high, low] = [Number(match?.[2]), Number(match?.[3])];
  return address === undefined || high > 0xff || low > 0xff ? undefined : { address, port: high * 256 + low };
}

/** The argument of SET, UNSET, GETADDR, GETVERSADDR and GETADDRLIST. */
export function encodeRpcbindMapping(mapping: RpcbindMapping): Uint8Array {
  const writer = new XdrWriter();
  writeMapping(writer, mapping);
  return writer.finish();
}

export function decodeRpcbindMapping(args: Uint8Array): RpcbindMapping | undefined {
  const reader = new XdrReader(args);
  const mapping = readMapping(reader);
  return reader.ok ? mapping : undefined;
}

/** The results of GETADDR and GETVERSADDR: a universal address, empty if there is none. */
export function encodeGetaddrResults(address: string): Uint8Array {
  return new XdrWriter().string(address).finish();
}

export function decodeGetaddrResults(results: Uint8Array): string | undefined {
  const reader = new XdrReader(results);
  const address = reader.string(STRING_LENGTH_MAX);
  return reader.ok ? address : undefined;
}

export function encodeRpcbindDump(mappings: readonly RpcbindMapping[]): Uint8Array {
  const writer = new XdrWriter();
  return writer.list(mappings, (mapping) => writeMapping(writer, mapping)).finish();
}

export function decodeRpcbindDump(results: Uint8Array): RpcbindMapping[] | undefined {
  const reader = new XdrReader(results);
  const mappings = reader.list(ENTRIES_MAX, () => readMapping(reader));
  return reader.ok ? mappings : undefined;
}

export function encodeRpcbindEntries(entries: readonly RpcbindEntry[]): Uint8Array {
  const writer = new XdrWriter();
  return writer
    .list(entries, ({ address, netid, semantics, family, protocol }) =>
      writer.string(address).string(netid).uint32(semantics).string(family).string(protocol),
    )
    .finish();
}

export function decodeRpcbindEntries(results: Uint8Array): RpcbindEntry[] | undefined {
  const reader = new XdrReader(results);
  const entries = reader.list(ENTRIES_MAX, () => ({
    address: reader.string(STRING_LENGTH_MAX),
    netid: reader.string(STRING_LENGTH_MAX),
    semantics: reader.uint32(),
    family: reader.string(STRING_LENGTH_MAX),
    protocol: reader.string(STRING_LENGTH_MAX),
  }));
  return reader.ok ? entries : undefined;
}

/** The results of GETTIME: seconds since 1970. */
export function encodeGettimeResults(time_s: number): Uint8Array {
  return new XdrWriter().uint32(time_s).finish();
}

export function decodeGettimeResults(results: Uint8Array): number | undefined {
  const reader = new XdrReader(results);
  const time_s = reader.uint32();
  return reader.ok ? time_s : undefined;
}

function readMapping(reader: XdrReader): RpcbindMapping {
  return {
    program: reader.uint32(),
    version: reader.uint32(),
    netid: reader.string(STRING_LENGTH_MAX),
    address: reader.string(STRING_LENGTH_MAX),
    owner: reader.string(STRING_LENGTH_MAX),
  };
}

function writeMapping(writer: XdrWriter, { program, version, netid, address, owner }: RpcbindMapping): void {
  writer.uint32(program).uint32(version).string(netid).string(address).string(owner);
}
