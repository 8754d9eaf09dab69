// SPDX-License-Identifier: Apache-2.0
// The request table: which store has a request, so that its retransmission reaches the same one, through slot
// rewrites and after the response. Soft state: a newer request may take an entry over, then the retransmission is
// placed like a new request; that is the same store unless slots were rewritten meanwhile.
// The key is kept whole: a false hit would send a WRITE to a store that its COMMIT will not visit.

control Request(in headers_t hdr, inout metadata_t meta, in standard_metadata_t standard_metadata) {
    register<bit<32>>(REQUESTS) request_client;  // IPv4 address
    register<bit<32>>(REQUESTS) request_service; // the VIP
    register<bit<32>>(REQUESTS) request_ports;   // the client's and the service's
    register<bit<32>>(REQUESTS) request_xid;
    register<bit<16>>(REQUESTS) request_store;
    register<bit<48>>(REQUESTS) request_time_us; // of the last transmission

    counter(SERVICES, CounterType.packets_and_bytes) service_retransmissions;
    counter(STORES, CounterType.packets_and_bytes) store_responses;

    // Clients give up, or begin again with a new xid, well within this time.
    const bit<48> LIFETIME_US = 120000000;

    SelectStore() select_store;

    ipv4_addr_t client_addr;
    ipv4_addr_t service_addr;
    bit<32> ports; // the client's and the service's
    bit<32> index;
    bit<1> is_known;

    action look_up() {
        bit<32> known_client;
        bit<32> known_service;
        bit<32> known_ports;
        bit<32> known_xid;
        bit<48> known_time_us;
        hash(index, HashAlgorithm.crc32, (bit<32>)0,
             { client_addr, service_addr, ports, hdr.rpc.xid }, (bit<32>)REQUESTS);
        request_client.read(known_client, index);
        request_service.read(known_service, index);
        request_ports.read(known_ports, index);
        request_xid.read(known_xid, index);
        request_store.read(meta.pinned_store_id, index);
        request_time_us.read(known_time_us, index);
        is_known = (known_client == client_addr && known_service == service_addr && known_ports == ports
                    && known_xid == hdr.rpc.xid && NOW_US - known_time_us < LIFETIME_US) ? 1w1 : 1w0;
    }

    action remember() {
        request_client.write(index, client_addr);
        request_service.write(index, service_addr);
        request_ports.write(index, ports);
        request_xid.write(index, hdr.rpc.xid);
        request_store.write(index, meta.store_id);
        request_time_us.write(index, NOW_US);
    }

    apply {
        if (meta.is_response == 1) {
            if (hdr.rpc.isValid() && hdr.rpc.message_type == RPC_REPLY) {
                client_addr = meta.dst_addr;
                service_addr = meta.src_addr;
                ports = meta.dst_port ++ meta.src_port;
                look_up();
                if (is_known == 1) {
                    store_responses.count((bit<32>)meta.pinned_store_id);
                }
            }
        } else {
            if (meta.mode == MODE_REQUEST) {
                client_addr = meta.src_addr;
                service_addr = meta.dst_addr;
                ports = meta.src_port ++ meta.dst_port;
                look_up();
                meta.is_pinned = is_known;
                if (is_known == 1) {
                    service_retransmissions.count((bit<32>)meta.service_id);
                }
            }
            select_store.apply(hdr, meta);
            if (meta.mode == MODE_REQUEST && meta.verdict == VERDICT_ROUTE) {
                remember();
            }
        }
    }
}
