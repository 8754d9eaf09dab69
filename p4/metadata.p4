// SPDX-License-Identifier: Apache-2.0
// Decisions travel here; headers change once, at the end (controls/rewrite.p4).

struct metadata_t {
    // Kept across the clone that carries a copy to the controller.
    @field_list(FIELD_LIST_PUNT)
    bit<9>      ingress_port;
    @field_list(FIELD_LIST_PUNT)
    punt_t      punt_reason;

    verdict_t   verdict;
    drop_t      drop_reason;
    bit<9>      out_port;
    mac_addr_t  next_hop_mac;

    role_t      role;
    // Sender and target, from IPv4 or ARP alike.
    ipv4_addr_t src_addr;
    ipv4_addr_t dst_addr;
    bit<16>     src_port;
    bit<16>     dst_port;
    bit<8>      ip_protocol;
    bit<1>      is_fragment;     // any fragment of a datagram of several
    bit<1>      is_response;     // from a store, to a client
    bit<1>      is_own;          // to an address of the virtualizer itself

    mode_t      mode;
    bit<16>     service_id;
    bit<16>     pool_id;
    class_t     placement;
    bit<16>     slot;
    bit<16>     store_id;
    bit<16>     fallback_id;     // where it goes if store_id is down
    bit<1>      is_pinned;       // the request table knows this request
    bit<16>     pinned_store_id;
}

// What the controller learns a client's whereabouts from.
struct client_digest_t {
    bit<9>      ingress_port;
    mac_addr_t  src_mac;
    ipv4_addr_t src_addr;
}
