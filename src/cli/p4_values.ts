/** Values of any P4 program as people read them, as far as names and widths tell what they are. */
import ipaddr from 'ipaddr.js';
import type { FieldInfo } from '../p4runtime/p4info';
import type { MatchValue } from '../p4runtime/match';
import { bigintToMac, numberToIpv4 } from '../wire/address';

/** Small numbers stay numbers; addresses and what JSON numbers cannot hold become text. */
export function formatValue(
  { name, width_bits }: Pick<FieldInfo, 'name' | 'width_bits'>,
  value: bigint,
): string | number {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const isAddress = words.some((word) => /^(ip|ipv4|ipv6|mac|eth)$|^addr|(addr|address|mac)$/.test(word));
  if (isAddress && width_bits === 48) return bigintToMac(value);
  if (isAddress && width_bits === 32) return numberToIpv4(Number(value));
  if (isAddress && width_bits === 128) return formatIpv6(value);
  return width_bits > 53 ? `0x${value.toString(16)}` : Number(value);
}

/** As P4 writes key sets: `value&&&mask`, `low..high`; prefixes as `value/length`. A field left out is `*`. */
export function formatMatchValue(
  field: Pick<FieldInfo, 'name' | 'width_bits'>,
  match: MatchValue | undefined,
): string | number {
  switch (match?.kind) {
    case undefined:
      return '*';
    case 'exact':
    case 'optional':
      return formatValue(field, match.value);
    case 'lpm':
      return `${formatValue(field, match.value)}/${match.prefix_length}`;
    case 'ternary': {
      const full = (1n << BigInt(field.width_bits)) - 1n;
      const value = formatValue(field, match.value);
      if (match.mask === full) return value;
      const mask = formatValue(field, match.mask);
      return `${value}&&&${typeof mask === 'number' ? `0x${mask.toString(16)}` : mask}`;
    }
    case 'range':
      return `${formatValue(field, match.low)}..${formatValue(field, match.high)}`;
  }
}

function formatIpv6(value: bigint): string {
  const bytes = Buffer.from(value.toString(16).padStart(32, '0'), 'hex');
  return ipaddr.fromByteArray([...bytes]).toString();
}
