// SPDX-License-Identifier: Apache-2.0
// Decisions travel here; headers change once, at the end (controls/rewrite.p4).

// Stores drawn for a request that may go anywhere, and what one outstanding request at each weighs.
struct draw_t {
    bit<16>     store_1;
    bit<16>     store_2;
    bit<16>     store_3;
    bit<16>     store_4;
    bit<16>     cost_1;
    bit<16>     cost_2;
    bit<16>     cost_3;
    bit<16>     cost_4;
}

struct metadata_t {
    // Kept across the clone that carries a copy to the controller.
    @field_list(FIELD_LIST_PUNT)
    bit<9>      ingress_port;
    @field_list(FIELD_LIST_PUNT)
    punt_t      punt_reason;
    @field_list(FIELD_LIST_PUNT)
    bit<1>      is_sampled;      // to be recorded
    @field_list(FIELD_LIST_PUNT)
    bit<16>     service_id;
    @field_list(FIELD_LIST_PUNT)
    bit<16>     store_id;
    @field_list(FIELD_LIST_PUNT)
    bit<16>     fragment_next;
    @field_list(FIELD_LIST_PUNT)
    bit<48>     time_us;         // of arrival

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
    bit<1>      is_follower;     // a fragment after the zeroth
    bit<1>      is_response;     // from a store, to a client
    bit<1>      is_own;          // to an address of the virtualizer itself
    bit<1>      is_slow;         // a fragment that the controller is to have, or a copy of it

    mode_t      mode;
    bit<32>     sample_below;    // of 65536 requests, so many are recorded
    bit<16>     export_id;       // 0: none that is known
    bit<16>     procedure_id;    // 0: none that is known
    bit<16>     pool_id;
    policy_t    policy;
    bit<1>      is_counted;      // requests that wait for an answer are counted
    bit<1>      is_jumbo;        // the pool's stores take a request in one large frame
    class_t     placement;
    bit<16>     slot;
    bit<16>     fallback_id;     // where it goes if store_id is down
    bit<1>      is_preferred;    // known or drawn, rather than the slot's
    bit<16>     preferred_id;
    bit<1>      is_unpinned;     // a session that the controller should have pinned to this store by now
    draw_t      draw;
}

// What the controller learns a client's whereabouts from.
struct client_digest_t {
    bit<9>      ingress_port;
    mac_addr_t  src_mac;
    ipv4_addr_t src_addr;
}
