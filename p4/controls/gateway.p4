// SPDX-License-Identifier: Apache-2.0
// Responses to what the gateway asked in a client's name go to the gateway, not to the client. Their destination port tells: the
// gateway asks from ports that clients do not use. Fragments after the zeroth name no port, so the zeroth opens a row for them;
// what overtakes it, or meets another datagram's row, reaches the client, which has no use for it, and the gateway asks again.

control Gateway(in headers_t hdr, inout metadata_t meta) {
    register<bit<32>>(GATEWAY_DATAGRAMS) reply_client;
    register<bit<32>>(GATEWAY_DATAGRAMS) reply_service; // the VIP
    register<bit<16>>(GATEWAY_DATAGRAMS) reply_id;      // IP identification
    register<bit<32>>(GATEWAY_DATAGRAMS) reply_seen_us; // modulo 32 bits, made odd; 0: never

    // As long as fragments of requests have: fragment.p4.
    const bit<32> LIFETIME_US = 100000;

    bit<1>     is_for_gateway;
    bit<9>     port;
    mac_addr_t mac;
    bit<32>    index;
    bit<32>    now_us;

    action to_gateway(bit<9> gateway_port, mac_addr_t gateway_mac) {
        port = gateway_port;
        mac = gateway_mac;
    }

    // The virtual stores that have a gateway.
    table gateway {
        key = { meta.src_addr : exact @name("src_addr"); }
        actions = { to_gateway; @defaultonly NoAction; }
        const default_action = NoAction;
        size = SERVICES;
    }

    action claim() {
        is_for_gateway = 1;
    }

    table gateway_reply {
        key = {
            meta.src_addr : exact @name("src_addr");
            meta.src_port : exact @name("src_port");
            meta.dst_port : lpm @name("dst_port");
        }
        actions = { claim; @defaultonly NoAction; }
        const default_action = NoAction;
        size = SERVICES;
    }

    action find_row() {
        hash(index, HashAlgorithm.crc32, (bit<32>)0,
             { meta.dst_addr, meta.src_addr, hdr.ipv4.identification }, (bit<32>)GATEWAY_DATAGRAMS);
    }

    action look_up() {
        bit<32> known_client;
        bit<32> known_service;
        bit<16> known_id;
        bit<32> seen_us;
        find_row();
        reply_client.read(known_client, index);
        reply_service.read(known_service, index);
        reply_id.read(known_id, index);
        reply_seen_us.read(seen_us, index);
        is_for_gateway = (known_client == meta.dst_addr && known_service == meta.src_addr
                          && known_id == hdr.ipv4.identification && seen_us != 0
                          && now_us - seen_us < LIFETIME_US) ? 1w1 : 1w0;
    }

    action remember() {
        find_row();
        reply_client.write(index, meta.dst_addr);
        reply_service.write(index, meta.src_addr);
        reply_id.write(index, hdr.ipv4.identification);
        reply_seen_us.write(index, now_us);
    }

    apply {
        is_for_gateway = 0;
        now_us = meta.time_us[31:0] | 1;
        if (meta.ip_protocol == PROTOCOL_UDP && gateway.apply().hit) {
            if (meta.is_follower == 1) {
                look_up();
            } else if (gateway_reply.apply().hit && meta.is_fragment == 1) {
                remember();
            }
            if (is_for_gateway == 1) {
                meta.out_port = port;
                meta.next_hop_mac = mac;
                meta.verdict = VERDICT_ROUTE;
            }
        }
    }
}
