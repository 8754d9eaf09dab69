// Action profiles and selectors: one header that says which table is applied and what the selector hashes.
#include <core.p4>
#include <v1model.p4>

header request_t {
    bit<8>  table_number;
    bit<8>  key;
    bit<16> flow;
    bit<40> wide;
    bit<8>  result;
    bit<8>  trail;
}

struct headers_t {
    request_t request;
}

struct metadata_t {
    bit<8> spare;
}

parser MyParser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    state start {
        packet.extract(hdr.request);
        transition accept;
    }
}

control MyVerify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control MyIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    action_profile(4) shared;
    @max_group_size(6) action_selector(HashAlgorithm.crc16, 32w64, 32w16) crc;
    action_selector(HashAlgorithm.identity, 32w1024, 32w10) plain;
    @selector_size_semantics("sum_of_members") @max_member_weight(8) @max_group_size(3)
    action_selector(HashAlgorithm.crc32, 32w5, 32w32) counted;

    action mark(bit<8> value, bit<9> port) {
        hdr.request.result = value;
        sm.egress_spec = port;
    }
    action deny() {
        mark_to_drop(sm);
    }
    action trail(bit<8> value) {
        hdr.request.trail = hdr.request.trail + value;
    }

    table profiled_exact {
        key = { hdr.request.key : exact; }
        actions = { mark; deny; NoAction; }
        implementation = shared;
    }
    table profiled_ternary {
        key = { hdr.request.key : ternary; }
        actions = { mark; deny; NoAction; }
        implementation = shared;
    }
    table selected {
        key = {
            hdr.request.key  : exact;
            hdr.request.flow : selector;
            hdr.request.wide : selector;
        }
        actions = { mark; deny; NoAction; }
        implementation = crc;
        @name("selected_counter") counters = direct_counter(CounterType.packets_and_bytes);
        support_timeout = true;
    }
    table selected_plain {
        key = {
            hdr.request.key  : lpm;
            hdr.request.flow : selector;
        }
        actions = { mark; deny; NoAction; }
        implementation = plain;
    }
    table selected_counted {
        key = {
            hdr.request.key  : exact;
            hdr.request.wide : selector;
        }
        actions = { mark; NoAction; }
        implementation = counted;
    }
    table after {
        key = { hdr.request.key : exact; }
        actions = { trail; NoAction; }
    }

    apply {
        sm.egress_spec = 1;
        if (hdr.request.table_number == 0) {
            if (profiled_exact.apply().hit) hdr.request.trail = hdr.request.trail + 1;
        } else if (hdr.request.table_number == 1) {
            profiled_ternary.apply();
        } else if (hdr.request.table_number == 2) {
            switch (selected.apply().action_run) {
                mark: { hdr.request.trail = hdr.request.trail + 2; }
                default: { hdr.request.trail = hdr.request.trail + 4; }
            }
        } else if (hdr.request.table_number == 3) {
            if (selected_plain.apply().hit) hdr.request.trail = hdr.request.trail + 8;
        } else {
            selected_counted.apply();
        }
        after.apply();
    }
}

control MyEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply { }
}

control MyCompute(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control MyDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.request);
    }
}

V1Switch(MyParser(), MyVerify(), MyIngress(), MyEgress(), MyCompute(), MyDeparser()) main;
