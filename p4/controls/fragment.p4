// SPDX-License-Identifier: Apache-2.0
// A request of several fragments reaches one store: [0036], [0037], [0055]. The zeroth fragment is placed like any
// request and opens a row; those that follow in order go where the row says, and the last one frees it. What comes
// out of order goes to the controller, and with it the rest of the datagram, which the controller sends in order.
//
// A row is good for LIFETIME_US after the last fragment. That is far longer than the fragments of one datagram are
// apart, and far shorter than it takes until a client uses an IP identification again; so octets of two datagrams
// share no row. What comes later is dropped, and the client repeats the request. A client that does use one again while
// fragments of the datagram before are on their way mixes its own datagrams, here as at any host that puts them together:
// RFC 6864, section 4, forbids it, and the UDP checksum finds it.
//
// A client's rates (client_rate.p4) are charged for whole datagrams, so that none is torn: for a row, until the last fragment has
// passed; and for what goes to the controller by the octets that are left, in packets of a network whose MTU is 1500. What comes
// beyond those packets, or has no row, is charged one by one.

enum bit<8> FragmentOperation {
    CHECK  = 1, // whether a zeroth fragment may go on, before it counts as a request; and what its client is charged for
    OPEN   = 2, // a zeroth fragment has its store
    FOLLOW = 3, // one that follows
    END    = 4  // the controller has sent the last one
}

control Fragment(in FragmentOperation operation, in headers_t hdr, inout metadata_t meta) {
    register<bit<32>>(FRAGMENTS) fragment_client;
    register<bit<32>>(FRAGMENTS) fragment_service; // the VIP
    register<bit<32>>(FRAGMENTS) fragment_id;      // whether it is the gateway's, protocol and IP identification
    register<bit<8>>(FRAGMENTS)  fragment_state;   // FRAGMENT_*
    register<bit<16>>(FRAGMENTS) fragment_store;
    register<bit<16>>(FRAGMENTS) fragment_passed;  // octets of the payload, from its start
    register<bit<16>>(FRAGMENTS) fragment_end;     // octets of the payload in all, as UDP says
    register<bit<32>>(FRAGMENTS) fragment_xid;
    register<bit<32>>(FRAGMENTS) fragment_request; // the request's row: request.p4
    register<bit<8>>(FRAGMENTS)  fragment_charged; // packets for the controller that its client's rate was charged for
    register<bit<48>>(FRAGMENTS) fragment_seen_us;

    const bit<8> FRAGMENT_FREE    = 0;
    const bit<8> FRAGMENT_OPEN    = 1; // the zeroth has passed
    const bit<8> FRAGMENT_WAITING = 2; // the controller waits for the zeroth
    const bit<8> FRAGMENT_SLOW    = 3; // the controller sends what follows

    const bit<48> LIFETIME_US = 100000;

    bit<32> index;
    bit<32> id;
    bit<1>  is_mine;  // the row is this datagram's
    bit<1>  is_taken; // the row is another datagram's
    bit<8>  state;
    bit<16> known_store;
    bit<16> passed;
    bit<16> end;
    bit<32> xid;
    bit<8>  charged;
    // Octets of the datagram's payload, as 17 bits hold what a fragment claims.
    bit<17> first;
    bit<17> beyond;

    action look_up() {
        bit<32> known_client;
        bit<32> known_service;
        bit<32> known_id;
        bit<48> seen_us;
        // A client and the gateway that sends in its name count their datagrams each by themselves.
        bit<8> sender = meta.role == ROLE_GATEWAY || (hdr.packet_out.isValid()
                        && hdr.packet_out.operation == PACKET_OUT_SEND_LAST_GATEWAY) ? ROLE_GATEWAY : ROLE_EXTERNAL;
        id = sender ++ hdr.ipv4.protocol ++ hdr.ipv4.identification;
        hash(index, HashAlgorithm.crc32, (bit<32>)0, { meta.src_addr, meta.dst_addr, id }, (bit<32>)FRAGMENTS);
        fragment_client.read(known_client, index);
        fragment_service.read(known_service, index);
        fragment_id.read(known_id, index);
        fragment_state.read(state, index);
        fragment_store.read(known_store, index);
        fragment_passed.read(passed, index);
        fragment_end.read(end, index);
        fragment_xid.read(xid, index);
        fragment_charged.read(charged, index);
        fragment_seen_us.read(seen_us, index);
        bool is_live = state != FRAGMENT_FREE && meta.time_us - seen_us < LIFETIME_US;
        bool is_same = known_client == meta.src_addr && known_service == meta.dst_addr && known_id == id;
        is_mine = is_live && is_same ? 1w1 : 1w0;
        is_taken = is_live && !is_same ? 1w1 : 1w0;
        first = (bit<17>)(hdr.ipv4.fragment_offset ++ 3w0);
        beyond = first + (bit<17>)(hdr.ipv4.total_length - ((bit<16>)hdr.ipv4.ihl << 2));
    }

    action set_state(bit<8> new_state) {
        fragment_state.write(index, new_state);
        fragment_seen_us.write(index, meta.time_us);
    }

    action set_key() {
        fragment_client.write(index, meta.src_addr);
        fragment_service.write(index, meta.dst_addr);
        fragment_id.write(index, id);
    }

    action set_datagram(bit<16> octets_passed) {
        fragment_store.write(index, meta.store_id);
        fragment_passed.write(index, octets_passed);
        fragment_end.write(index, hdr.udp.length);
        fragment_xid.write(index, hdr.rpc.xid);
        fragment_request.write(index, meta.request_row);
    }

    // What follows goes to the controller, this one as the first of what was charged.
    action set_slow() {
        set_state(FRAGMENT_SLOW);
        fragment_charged.write(index, meta.charge - 1);
    }

    // Of so many octets, in packets of at most 1480: no fewer than there are, and one more at most.
    action charge(bit<16> octets) {
        bit<32> packets = ((bit<32>)octets * 45) >> 16;
        meta.charge = packets[7:0] + 1;
    }

    // All of the datagram has passed.
    action free() {
        fragment_state.write(index, FRAGMENT_FREE);
        fragment_request.read(meta.request_row, index);
        meta.request_xid = xid;
        meta.store_id = known_store;
        meta.is_completed = 1;
    }

    action to_controller() {
        meta.verdict = VERDICT_PUNT;
        meta.punt_reason = PUNT_FRAGMENT;
    }

    action drop(drop_t reason) {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = reason;
    }

    apply {
        look_up();
        bool is_last = hdr.ipv4.flag_more_fragments == 0;
        if (operation == FragmentOperation.END) {
            if (is_mine == 1 && state == FRAGMENT_WAITING) {
                fragment_state.write(index, FRAGMENT_FREE);
            } else if (is_mine == 1 && state == FRAGMENT_SLOW) {
                // An open row is a newer datagram's, of which the controller has sent nothing.
                free();
            }
        } else if (operation == FragmentOperation.CHECK) {
            // Nothing is written here: what the client may not send leaves no trace.
            if (beyond > 65515 || beyond <= first || (!is_last && beyond[2:0] != 0)) {
                drop(DROP_FRAGMENT_BEYOND);
            } else if (meta.mode != MODE_REQUEST) {
                if (is_mine == 0 || state == FRAGMENT_WAITING || (state == FRAGMENT_SLOW && charged == 0)) {
                    meta.charge = 1;
                } else if (state == FRAGMENT_OPEN && first > (bit<17>)passed) {
                    charge(end - passed);
                }
            } else if (beyond >= (bit<17>)hdr.udp.length) {
                drop(DROP_FRAGMENT_BEYOND);
            } else if (is_mine == 1 && state != FRAGMENT_WAITING && xid == hdr.rpc.xid) {
                drop(DROP_FRAGMENT_REPEATED);
            } else if (is_taken == 0 && (meta.is_jumbo == 1 || (is_mine == 1 && state == FRAGMENT_WAITING))) {
                charge(hdr.udp.length);
            } else if (is_taken == 1) {
                meta.charge = 1;
            } else {
                meta.is_opening = 1;
            }
        } else if (operation == FragmentOperation.OPEN) {
            if (is_taken == 1) {
                to_controller();
            } else if (meta.is_jumbo == 1) {
                set_key();
                set_datagram(0);
                set_slow();
                to_controller();
            } else {
                set_key();
                set_datagram((bit<16>)beyond);
                if (is_mine == 1 && state == FRAGMENT_WAITING) {
                    set_slow();
                    meta.fragment_next = (bit<16>)beyond;
                    meta.punt_reason = PUNT_FRAGMENT_PASSED;
                    clone_preserving_field_list(CloneType.I2E, CPU_CLONE_SESSION, FIELD_LIST_PUNT);
                } else {
                    set_state(FRAGMENT_OPEN);
                }
            }
        } else if (is_mine == 0) {
            if (is_taken == 0) {
                set_key();
                set_state(FRAGMENT_WAITING);
            }
            to_controller();
        } else if (state == FRAGMENT_WAITING) {
            set_state(FRAGMENT_WAITING);
            to_controller();
        } else {
            meta.store_id = known_store;
            if (beyond > (bit<17>)end || (is_last && beyond != (bit<17>)end)) {
                drop(DROP_FRAGMENT_BEYOND);
            } else if (state == FRAGMENT_SLOW) {
                set_state(FRAGMENT_SLOW);
                fragment_charged.write(index, charged |-| 1);
                meta.fragment_next = passed;
                to_controller();
            } else if (first > (bit<17>)passed) {
                set_slow();
                meta.fragment_next = passed;
                to_controller();
            } else if (first < (bit<17>)passed) {
                drop(DROP_FRAGMENT_OVERLAP);
            } else if (is_last) {
                free();
                meta.is_closing = 1;
            } else {
                fragment_passed.write(index, (bit<16>)beyond);
                set_state(FRAGMENT_OPEN);
            }
        }
    }
}
