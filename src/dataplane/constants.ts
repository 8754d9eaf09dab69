/** The numbers of `p4/constants.p4` and `p4/targets/v1model.p4`, by name. A test compares the two. */

export const ROLE = { external: 1, internal: 2, host: 3, gateway: 4 } as const;

/** Where a request may go: see `procedures.ts`. */
export const CLASS = { any: 1, by_object: 2, by_request: 3, by_client: 4, by_session: 5 } as const;

/** How a pool shares out what may go anywhere. */
export const POLICY = {
  hash: 1,
  round_robin: 2,
  random: 3,
  by_object: 4,
  by_client: 5,
  least_of_2: 6,
  least_of_4: 7,
} as const;

/** What the gateway sends for a certain pool comes from a MAC address of these four octets and the pool's number. */
export const GATEWAY_POOL_MAC = 0x02737767;

/** Why the switch shows a frame to the controller. */
export const PUNT = {
  arp_reply: 1,
  client_route_miss: 2,
  service: 3,
  fragment: 4,
  fragment_passed: 5,
  record: 6,
  too_large: 7,
  session: 8,
} as const;

/** What a packet-out is for. */
export const PACKET_OUT = { send: 0, send_last: 1, send_last_gateway: 2 } as const;

/** Why the switch dropped a frame: the index into `drop_counter`. */
export const DROP = {
  unknown_port: 1,
  not_admitted: 2,
  spoofed_vip: 3,
  spoofed_own: 4,
  bad_source_mac: 5,
  no_host_port: 6,
  no_service: 7,
  not_ours: 8,
  fragmented_request: 9,
  malformed: 10,
  not_rpc_call: 11,
  rpc_version: 12,
  no_store: 13,
  unknown_store: 14,
  tiny_fragment: 15,
  fragment_overlap: 16,
  fragment_beyond: 17,
  fragment_repeated: 18,
  client_rate: 19,
} as const;

export const CPU_PORT = 255;
export const CPU_CLONE_SESSION = 1;

export type Role = keyof typeof ROLE;
export type PlacementClass = keyof typeof CLASS;
export type Policy = keyof typeof POLICY;
export type PuntReason = keyof typeof PUNT;
export type DropReason = keyof typeof DROP;

/** The name of a number of one of the groups above; undefined if the group lacks it. */
export function nameOf<Name extends string>(
  group: Readonly<Record<Name, number>>,
  value: number | bigint,
): Name | undefined {
  return (Object.keys(group) as Name[]).find((name) => group[name] === Number(value));
}
