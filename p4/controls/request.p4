// SPDX-License-Identifier: Apache-2.0
// The request table: which store has a request, so that its retransmission reaches the same one, through slot
// rewrites and after the response. Soft state: a newer request may take a row over, then the retransmission is
// placed like a new request; that is the same store unless slots were rewritten meanwhile.
// The key is kept whole, and with it procedure and slot, so that another request with the same xid is another request: a
// false hit would send a WRITE to a store that its COMMIT will not visit.
//
// A TCP connection, or DTLS, is a request that never ends, of an xid of its own: each of its packets keeps its row. So it stays at its
// store through slot rewrites, as long as it is used and its store lives; a SYN begins another. What the controller has pinned
// (session_pin.p4) needs no row once it has lost the one it began with.
//
// Three parts of REQUESTS rows: one for what may go anywhere, and two, under different hashes, for everything else.
// So no crowd of reads takes rows from changes, and of two changes that a third one meets the older gives way.

control Request(in headers_t hdr, inout metadata_t meta) {
    register<bit<32>>(3 * REQUESTS) request_client;  // IPv4 address
    register<bit<32>>(3 * REQUESTS) request_service; // the VIP
    register<bit<32>>(3 * REQUESTS) request_ports;   // the client's and the service's
    register<bit<32>>(3 * REQUESTS) request_xid;
    register<bit<32>>(3 * REQUESTS) request_what;    // procedure and slot
    register<bit<16>>(3 * REQUESTS) request_store;
    register<bit<16>>(3 * REQUESTS) request_series;
    register<bit<8>>(3 * REQUESTS)  request_flags;   // REQUEST_*
    // Times modulo 32 bits, which is far longer than a row is good for.
    register<bit<32>>(3 * REQUESTS) request_sent_us; // first transmission to this store; or when an unpinned session was last shown
    register<bit<32>>(3 * REQUESTS) request_seen;    // last transmission, in units of 1024 us

    counter(SERVICES, CounterType.packets_and_bytes) service_retransmissions;
    counter(STORES, CounterType.packets_and_bytes) store_requests;
    counter(STORES, CounterType.packets_and_bytes) store_responses;
    // Each request once, and each that was answered once: what is not answered is the difference.
    counter(STORES, CounterType.packets) store_new_requests;
    counter(STORES, CounterType.packets) store_answered;
    counter(1, CounterType.packets_and_bytes) unexpected_responses;
    counter(RESPONSE_TIMES, CounterType.packets) response_time; // by series and bucket

    const bit<8> REQUEST_ANSWERED = 1; // or a session, of which no answer is counted
    const bit<8> REQUEST_SAMPLED  = 2;
    const bit<8> REQUEST_COUNTED  = 4; // among those its store has not answered

    // In the place of procedure and slot; there is no such procedure.
    const bit<32> SESSION = 0xffffffff;

    // Clients give up, or begin again with a new xid, well within this time.
    const bit<32> LIFETIME = 117188; // 120 s in units of 1024 us
    // Between two looks at whether the controller has pinned a session: far longer than it takes to.
    const bit<32> UNPINNED_FOR_US = 1000000;
    // Longer than a request counts as outstanding, far shorter than epochs take to come round.
    const bit<32> COUNTED_FOR = 8192;

    Draw() draw;
    Outstanding() outstanding;
    Placement() placement;
    SelectStore() select_store;
    SessionPin() session_pin;
    Sender() sender;

    ipv4_addr_t client_addr;
    ipv4_addr_t service_addr;
    bit<32> ports; // the client's and the service's
    bit<32> xid;
    bit<32> index;
    bit<32> what;
    bit<32> now; // in units of 1024 us
    bit<1>  is_known;
    bit<1>  is_pinned;
    bit<1>  is_new; // to be written in the row
    // Of the row at `index`, whoever's it is.
    bit<32> known_what;
    bit<16> store_id;
    bit<16> series_id;
    bit<8>  flags;
    bit<32> sent_us;
    bit<32> seen;
    // Of the row in the part looked at before.
    bit<32> older_index;
    bit<16> older_store_id;
    bit<8>  older_flags;
    bit<32> older_sent_us;
    bit<32> older_seen;
    // Of a response.
    bit<16> sender_id; // 0: not known
    // Of a request that was answered before.
    bit<16> answered_store_id;
    bit<8>  answered_flags;
    bit<32> place;
    bit<32> other_place;
    bit<32> elapsed_us;
    bit<32> bucket;

    action set_series(bit<16> number) {
        series_id = number;
    }

    // Which response times are added up together; 0 are those nobody asked to tell apart.
    table series {
        key = {
            meta.service_id   : exact @name("service_id");
            meta.procedure_id : exact @name("procedure_id");
            meta.store_id     : exact @name("store_id");
        }
        actions = { set_series; }
        const default_action = set_series(0);
        size = SERIES;
    }

    action set_bucket(bit<8> number) {
        bucket = (bit<32>)number;
    }

    // Its entries are the lower bounds of a histogram whose buckets widen with the time.
    table response_time_bucket {
        key = { elapsed_us : lpm @name("elapsed_us"); }
        actions = { set_bucket; }
        const default_action = set_bucket(0);
        size = 512;
    }

    action hash_key() {
        hash(place, HashAlgorithm.crc32, (bit<32>)0,
             { client_addr, service_addr, ports, xid }, (bit<32>)REQUESTS);
    }

    action hash_key_otherwise() {
        // In another order, which makes it another hash. crc16 is none: of clients and ports in a row it reaches half of the rows.
        hash(other_place, HashAlgorithm.crc32, (bit<32>)0,
             { ports, xid, service_addr, client_addr }, (bit<32>)REQUESTS);
    }

    action look_up(bit<32> at) {
        bit<32> known_client;
        bit<32> known_service;
        bit<32> known_ports;
        bit<32> known_xid;
        index = at;
        request_client.read(known_client, index);
        request_service.read(known_service, index);
        request_ports.read(known_ports, index);
        request_xid.read(known_xid, index);
        request_what.read(known_what, index);
        request_store.read(store_id, index);
        request_series.read(series_id, index);
        request_flags.read(flags, index);
        request_sent_us.read(sent_us, index);
        request_seen.read(seen, index);
        is_known = (known_client == client_addr && known_service == service_addr && known_ports == ports
                    && known_xid == xid && now - seen < LIFETIME) ? 1w1 : 1w0;
    }

    // A response does not say what was asked for; a request does.
    action is_same_request() {
        is_known = known_what == what ? is_known : 1w0;
    }

    // For a response: the request that waits for it. One that was sent to another store is not what this one answers, and one
    // that has its answer already serves only if no other is waiting.
    action look_up_asked(bit<32> at) {
        look_up(at);
        is_known = (sender_id == 0 || sender_id == store_id) ? is_known : 1w0;
        bit<1> is_answered = is_known & flags[0:0];
        answered_store_id = is_answered == 1 ? store_id : answered_store_id;
        answered_flags = is_answered == 1 ? flags : answered_flags;
        is_known = is_known & ~is_answered;
    }

    action keep_older() {
        older_index = index;
        older_store_id = store_id;
        older_flags = flags;
        older_sent_us = sent_us;
        older_seen = seen;
    }

    action take_older() {
        index = older_index;
        store_id = older_store_id;
        flags = older_flags;
        sent_us = older_sent_us;
        seen = older_seen;
    }

    action remember() {
        request_client.write(index, client_addr);
        request_service.write(index, service_addr);
        request_ports.write(index, ports);
        request_xid.write(index, xid);
        request_what.write(index, what);
        request_store.write(index, meta.store_id);
        request_series.write(index, series_id);
        request_flags.write(index, flags);
        request_sent_us.write(index, sent_us);
        request_seen.write(index, now);
    }

    apply {
        now = meta.time_us[41:10];
        if (meta.is_response == 1) {
            if (hdr.rpc.isValid() && hdr.rpc.message_type == RPC_REPLY) {
                client_addr = meta.dst_addr;
                service_addr = meta.src_addr;
                ports = meta.dst_port ++ meta.src_port;
                xid = hdr.rpc.xid;
                answered_store_id = 0;
                answered_flags = 0;
                sender.apply(hdr, sender_id);
                hash_key();
                look_up_asked(place);
                if (is_known == 0) {
                    look_up_asked(REQUESTS + place);
                }
                if (is_known == 0) {
                    hash_key_otherwise();
                    look_up_asked(2 * REQUESTS + other_place);
                }
                if (is_known == 1) {
                    meta.store_id = store_id;
                    meta.is_sampled = flags[1:1];
                    store_responses.count((bit<32>)store_id);
                    store_answered.count((bit<32>)store_id);
                    request_flags.write(index, flags | REQUEST_ANSWERED);
                    if (flags & REQUEST_COUNTED != 0) {
                        outstanding.apply(OutstandingOperation.REMOVE, store_id, sent_us, meta);
                    }
                    elapsed_us = meta.time_us[31:0] - sent_us;
                    response_time_bucket.apply();
                    response_time.count((bit<32>)series_id * BUCKETS + bucket);
                } else if (answered_store_id != 0) {
                    meta.store_id = answered_store_id;
                    meta.is_sampled = answered_flags[1:1];
                    store_responses.count((bit<32>)answered_store_id);
                } else {
                    unexpected_responses.count(0);
                }
            }
        } else {
            placement.apply(hdr, meta);
            client_addr = meta.src_addr;
            service_addr = meta.dst_addr;
            ports = meta.src_port ++ meta.dst_port;
            if (meta.mode == MODE_REQUEST) {
                xid = hdr.rpc.xid;
                what = meta.procedure_id ++ meta.slot;
            } else {
                xid = 24w0xffffff ++ meta.ip_protocol;
                what = SESSION;
            }
            hash_key();
            if (meta.placement != CLASS_ANY || meta.sample_below != 0) {
                hash_key_otherwise();
            }
            if (meta.placement == CLASS_ANY) {
                look_up(place);
                is_same_request();
            } else {
                look_up(REQUESTS + place);
                is_same_request();
                if (is_known == 0) {
                    keep_older();
                    look_up(2 * REQUESTS + other_place);
                    is_same_request();
                    if (is_known == 0 && now - older_seen > now - seen) {
                        take_older();
                    }
                }
            }
            is_pinned = 0;
            is_new = 0;
            if (meta.mode == MODE_SESSION && hdr.tcp.isValid()) {
                if (hdr.tcp.flag_syn == 1 && hdr.tcp.flag_ack == 0) {
                    is_known = 0;
                } else {
                    session_pin.apply(meta);
                    is_pinned = meta.is_preferred & ~is_known;
                    if (is_known == 1 && (meta.is_preferred == 0 || meta.preferred_id != store_id)
                        && meta.time_us[31:0] - sent_us >= UNPINNED_FOR_US) {
                        meta.is_unpinned = 1;
                        sent_us = meta.time_us[31:0];
                    }
                }
            }
            if (is_known == 1) {
                meta.is_preferred = 1;
                meta.preferred_id = store_id;
                if (meta.mode == MODE_REQUEST) {
                    service_retransmissions.count((bit<32>)meta.service_id);
                }
            } else if (meta.mode == MODE_REQUEST) {
                if ((bit<32>)other_place[15:0] < meta.sample_below) {
                    meta.is_sampled = 1;
                }
                if (meta.placement == CLASS_ANY && meta.policy != POLICY_HASH
                    && meta.policy != POLICY_BY_OBJECT && meta.policy != POLICY_BY_CLIENT) {
                    draw.apply(meta);
                    if (meta.is_preferred == 1 && meta.policy >= POLICY_LEAST_OF_2) {
                        outstanding.apply(OutstandingOperation.CHOOSE, 0, 0, meta);
                    }
                }
            }
            select_store.apply(meta);
            if (meta.verdict == VERDICT_NONE) {
                store_requests.count((bit<32>)meta.store_id);
                if (is_known == 1) {
                    meta.is_sampled = flags[1:1];
                }
                if (is_known == 0 || store_id != meta.store_id) {
                    is_new = is_pinned == 0 || meta.store_id != meta.preferred_id ? 1w1 : 1w0;
                }
                if (is_new == 1) {
                    // The row was another request's, or this one's at another store: nobody will see that answered.
                    if (flags & (REQUEST_COUNTED | REQUEST_ANSWERED) == REQUEST_COUNTED
                        && now - seen < COUNTED_FOR) {
                        outstanding.apply(OutstandingOperation.REMOVE, store_id, sent_us, meta);
                    }
                    if (meta.mode == MODE_REQUEST) {
                        flags = meta.is_sampled == 1 ? REQUEST_SAMPLED : 0;
                        if (meta.is_counted == 1) {
                            flags = flags | REQUEST_COUNTED;
                            outstanding.apply(OutstandingOperation.ADD, meta.store_id, 0, meta);
                        }
                        store_new_requests.count((bit<32>)meta.store_id);
                        series.apply();
                    } else {
                        flags = REQUEST_ANSWERED;
                    }
                    sent_us = meta.time_us[31:0];
                }
                if (is_known == 1 || is_new == 1) {
                    remember();
                }
            }
        }
    }
}
