/** `client_digest_t` of `p4/metadata.p4`: a request came from a client without a `client_known` entry. */
import type { P4Value } from '../p4runtime';
import type { Ipv4Address, MacAddress } from '../wire/address';
import { ipv4, mac } from './field';

export const CLIENT_DIGEST = 'client_digest_t';

export interface ClientSighting {
  ingress_port: number;
  /** The client's, or that of the router it is behind. */
  src_mac: MacAddress;
  src_addr: Ipv4Address;
}

/** Undefined if the sample is of another shape. */
export function readClientDigest(sample: P4Value): ClientSighting | undefined {
  if (typeof sample !== 'object' || Array.isArray(sample)) return undefined;
  const { ingress_port, src_mac, src_addr } = sample;
  if (typeof ingress_port !== 'bigint' || typeof src_mac !== 'bigint' || typeof src_addr !== 'bigint') {
    return undefined;
  }
  const mac_address = mac.decode(src_mac);
  const address = ipv4.decode(src_addr);
  if (mac_address === undefined || address === undefined) return undefined;
  return { ingress_port: Number(ingress_port), src_mac: mac_address, src_addr: address };
}
