/**
 * The kinds of value a configuration is made of. The error text of each says what was expected, in words that end
 * the sentence "found ..., expected ...".
 */
import { z } from 'zod';
import { parseIpv4, parseIpv4Prefix, parseMac, isMulticastMac, prefixNetwork } from '../wire/address';
import { HANDLE_PREFIX_OCTETS } from '../dataplane/sizes';
import { RPC_PROGRAM } from '../wire/rpc';

const NAME_TEXT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const NAME_EXPECTED = 'a name of 1 to 63 letters, digits, ".", "_" or "-", starting with a letter or digit';
/** What other entries refer to. */
export const name = z.string(NAME_EXPECTED).regex(NAME_TEXT, NAME_EXPECTED);

const MAC_EXPECTED = 'a unicast MAC address such as 02:00:00:00:01:01';
const isUnicastMac = (text: string): boolean => {
  const mac = parseMac(text);
  return mac !== undefined && !isMulticastMac(mac) && mac !== '00:00:00:00:00:00';
};
/** Canonical in the result: lower case, colons. */
export const unicastMac = z
  .string(MAC_EXPECTED)
  .refine(isUnicastMac, MAC_EXPECTED)
  .overwrite((text) => parseMac(text) ?? text);

const IPV4_EXPECTED = 'a unicast IPv4 address such as 10.0.1.100';
/** Neither 0.0.0.0/8, loopback, multicast nor reserved. */
const isUnicastIpv4 = (text: string): boolean => {
  const first = Number(parseIpv4(text)?.split('.')[0]);
  return first > 0 && first < 224 && first !== 127;
};
export const unicastIpv4 = z.string(IPV4_EXPECTED).refine(isUnicastIpv4, IPV4_EXPECTED);

/** A string that `parse` turns into a value; undefined from `parse` is an error that says `expected`. */
const parsedString = <T>(parse: (text: string) => T | undefined, expected: string) =>
  z.string(expected).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

/** An interface address with the length of its network: `{ address, length }`. */
export const interfaceAddress = parsedString((text) => {
  const prefix = parseIpv4Prefix(text);
  return prefix !== undefined && isUnicastIpv4(prefix.address) && prefix.length > 0 ? prefix : undefined;
}, 'a unicast IPv4 address with prefix length such as 10.0.1.254/24');

/** A network: `{ address, length }` without host bits. */
export const network = parsedString((text) => {
  const prefix = parseIpv4Prefix(text);
  return prefix !== undefined && prefixNetwork(prefix) === prefix.address ? prefix : undefined;
}, 'an IPv4 network without host bits such as 192.0.2.0/24 or 0.0.0.0/0');

/** An integer of `minimum` to `maximum`, called `what` in errors. */
export const integer = (minimum: number, maximum: number, what = 'an integer') => {
  const expected = `${what} from ${minimum} to ${maximum}`;
  return z.int(expected).min(minimum, expected).max(maximum, expected);
};

const INTERFACE_EXPECTED = 'the name of a network interface: 1 to 15 octets without white space, / or :';
export const interfaceName = z
  .string(INTERFACE_EXPECTED)
  .regex(/^(?!\.{1,2}$)[^\s/:]{1,15}$/, INTERFACE_EXPECTED);

/** v1model ports have 9 bits; 0 is left to BMv2's defaults and 511 means drop. */
export const switchPort = integer(1, 510, 'a switch port number');

export const transportPort = integer(1, 65535, 'a port number');

/** At most a day. */
export const milliseconds = integer(1, 86_400_000, 'milliseconds');

type ProgramName = keyof typeof RPC_PROGRAM;
const PROGRAM_NAMES = Object.keys(RPC_PROGRAM) as ProgramName[];
const PROGRAM_EXPECTED = `an RPC program number from 1 to 4294967295 or one of ${PROGRAM_NAMES.join(', ')}`;
/** An RPC program by name or number; a number in the result. */
export const rpcProgram = z
  .union([z.int().min(1).max(0xffffffff), z.enum(PROGRAM_NAMES)], PROGRAM_EXPECTED)
  .transform((program) => (typeof program === 'number' ? program : RPC_PROGRAM[program]));

const HANDLE_EXPECTED =
  'the first 1 to 16 octets of a file handle in hexadecimal, ?? for any, such as "43 ?? 00 01"';
const HANDLE_TEXT = /^(?:(?:[0-9a-f]{2}|\?\?)[ :]?){1,16}$/i;
/** What the file handles of an export begin with; 16 octets of value and mask, in hexadecimal, in the result. */
export const handlePrefix = parsedString((text) => {
  const octets = HANDLE_TEXT.test(text) ? (text.toLowerCase().match(/[0-9a-f]{2}|\?\?/g) ?? []) : [];
  if (!octets.some((octet) => octet !== '??')) return undefined;
  const all = [...octets, ...new Array<string>(HANDLE_PREFIX_OCTETS - octets.length).fill('??')];
  return {
    value: all.map((octet) => (octet === '??' ? '00' : octet)).join(''),
    mask: all.map((octet) => (octet === '??' ? '00' : 'ff')).join(''),
  };
}, HANDLE_EXPECTED);

const HOST_PORT_EXPECTED = 'HOST:PORT such as 127.0.0.1:9559';
const HOST_PORT_TEXT = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/;
/** Where a TCP server listens; IPv6 hosts stand in brackets. */
export const hostPort = z.string(HOST_PORT_EXPECTED).refine((text) => {
  const port = Number(HOST_PORT_TEXT.exec(text)?.[1]);
  return port >= 1 && port <= 65535;
}, HOST_PORT_EXPECTED);

/** A network or a single address, which is a network of length 32. */
export const networkOrAddress = parsedString((text) => {
  const prefix = parseIpv4Prefix(text.includes('/') ? text : `${text}/32`);
  return prefix !== undefined && prefixNetwork(prefix) === prefix.address ? prefix : undefined;
}, 'an IPv4 address or network without host bits such as 192.0.2.7 or 192.0.2.0/24');

const PATH_EXPECTED = 'a path';
export const path = z.string(PATH_EXPECTED).min(1, PATH_EXPECTED);
