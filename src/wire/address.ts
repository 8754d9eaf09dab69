/**
 * Addresses as values: canonical strings everywhere above the wire, so that they are Map keys, print as what people
 * type, and compare with `===`. MAC: `02:00:00:00:01:01` (lower case). IPv4: `10.0.1.100` (dotted decimal, no
 * leading zeros). `macToBigint` and `ipv4ToNumber` give the numbers that P4Runtime and arithmetic want.
 */
import { fail } from './field';

/** Canonical text of a 48-bit MAC address: six lower-case hex pairs with colons. */
export type MacAddress = string;
/** Canonical text of an IPv4 address: four decimal octets with dots. */
export type Ipv4Address = string;

/** An IPv4 network or interface address with its prefix length, e.g. `10.0.1.254/24`. */
export interface Ipv4Prefix {
  address: Ipv4Address;
  length: number;
}

export const MAC_BROADCAST: MacAddress = 'ff:ff:ff:ff:ff:ff';
export const MAC_ZERO: MacAddress = '00:00:00:00:00:00';
export const IPV4_ANY: Ipv4Address = '0.0.0.0';

const MAC_TEXT = /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}$/i;
const IPV4_TEXT = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

/** The canonical form of a MAC address written with `:` or `-` in any case; undefined if it is none. */
export function parseMac(text: string): MacAddress | undefined {
  return MAC_TEXT.test(text) ? text.toLowerCase().replaceAll('-', ':') : undefined;
}

/** The canonical form of a dotted-decimal IPv4 address; undefined if it is none (leading zeros are refused). */
export function parseIpv4(text: string): Ipv4Address | undefined {
  if (!IPV4_TEXT.test(text)) return undefined;
  return text.split('.').every((octet) => Number(octet) <= 255) ? text : undefined;
}

/** `10.0.1.254/24` as address and length; the host bits are kept. Undefined without a length of 0..32. */
export function parseIpv4Prefix(text: string): Ipv4Prefix | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d?)$/.exec(text);
  const address = match?.[1] === undefined ? undefined : parseIpv4(match[1]);
  const length = Number(match?.[2]);
  return address === undefined || length > 32 ? undefined : { address, length };
}

/** Whether `address` lies in the network of `prefix`. */
export function prefixContains(prefix: Ipv4Prefix, address: Ipv4Address): boolean {
  const mask = prefixMask(prefix.length);
  return (ipv4ToNumber(prefix.address) & mask) === (ipv4ToNumber(address) & mask);
}

/** The network address of `prefix`: its address with the host bits cleared. */
export function prefixNetwork(prefix: Ipv4Prefix): Ipv4Address {
  return numberToIpv4((ipv4ToNumber(prefix.address) & prefixMask(prefix.length)) >>> 0);
}

/** As a signed 32-bit integer, the form `&` yields. Shifting by 32 would shift by 0, hence the special case. */
function prefixMask(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length);
}

export function isMulticastMac(mac: MacAddress): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

export function macToBigint(mac: MacAddress): bigint {
  return BigInt(`0x${requireMac(mac).replaceAll(':', '')}`);
}

export function bigintToMac(value: bigint): MacAddress {
  if (value < 0n || value >= 1n << 48n) fail('MAC address', value, 'an integer of 48 bits');
  return value
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
}

/** The address as an unsigned 32-bit number, first octet highest. */
export function ipv4ToNumber(address: Ipv4Address): number {
  return requireIpv4(address)
    .split('.')
    .reduce((number, octet) => number * 256 + Number(octet), 0);
}

export function numberToIpv4(value: number): Ipv4Address {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    fail('IPv4 address', value, 'an integer of 32 bits');
  }
  return `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;
}

/** Reads the six bytes at `offset`, which the caller has checked to exist. */
export function readMac(bytes: Uint8Array, offset: number): MacAddress {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, 6)
    .toString('hex')
    .replace(/..(?!$)/g, '$&:');
}

/** Reads the four bytes at `offset`, which the caller has checked to exist. */
export function readIpv4(bytes: Uint8Array, offset: number): Ipv4Address {
  return bytes.subarray(offset, offset + 4).join('.');
}

export function writeMac(bytes: Uint8Array, offset: number, mac: MacAddress): void {
  bytes.set(Buffer.from(requireMac(mac).replaceAll(':', ''), 'hex'), offset);
}

export function writeIpv4(bytes: Uint8Array, offset: number, address: Ipv4Address): void {
  bytes.set(requireIpv4(address).split('.').map(Number), offset);
}

function requireMac(mac: MacAddress): MacAddress {
  return parseMac(mac) === mac ? mac : fail('MAC address', mac, 'six lower-case hex pairs with colons');
}

function requireIpv4(address: Ipv4Address): Ipv4Address {
  return parseIpv4(address) ?? fail('IPv4 address', address, 'four decimal octets');
}
