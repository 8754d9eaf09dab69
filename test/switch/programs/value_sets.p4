// Parser value sets: of one field, of several with different match kinds, over a lookahead.
#include <core.p4>
#include <v1model.p4>

header first_t {
    bit<16> kind;
    bit<8>  low;
    bit<4>  nibble;
    bit<4>  rest;
    bit<48> address;
}

header result_t {
    bit<8> path;
}

struct headers_t {
    first_t  first;
    result_t result;
}

struct metadata_t {
    bit<8> path;
}

struct pair_t {
    bit<16> kind;
    bit<4> nibble;
    bit<48> address;
}
struct mixed_t {
    @match(ternary) bit<8> low;
    @match(range) bit<4> nibble;
    @match(lpm) bit<48> address;
}

parser MyParser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    value_set<bit<16>>(4) kinds;
    value_set<pair_t>(2) pairs;
    value_set<mixed_t>(3) mixed;
    @name("ahead") value_set<bit<8>>(2) ahead;
    state start {
        packet.extract(hdr.first);
        transition select(hdr.first.kind) {
            kinds: by_kind;
            16w0xffff: by_const;
            default: pair_state;
        }
    }
    state by_kind { meta.path = 1; transition accept; }
    state by_const { meta.path = 2; transition accept; }
    state pair_state {
        transition select(hdr.first.kind, hdr.first.nibble, hdr.first.address) {
            pairs: by_pair;
            default: mixed_state;
        }
    }
    state by_pair { meta.path = 3; transition accept; }
    state mixed_state {
        transition select(hdr.first.low, hdr.first.nibble, hdr.first.address) {
            mixed: by_mixed;
            default: ahead_state;
        }
    }
    state by_mixed { meta.path = 4; transition accept; }
    state ahead_state {
        transition select(packet.lookahead<bit<8>>()) {
            ahead: by_ahead;
            default: accept;
        }
    }
    state by_ahead { meta.path = 5; transition accept; }
}
control MyVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }
control MyIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        hdr.result.setValid();
        hdr.result.path = meta.path;
        sm.egress_spec = 1;
    }
}
control MyEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) { apply { } }
control MyCompute(inout headers_t hdr, inout metadata_t meta) { apply { } }
control MyDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.result);
        packet.emit(hdr.first);
    }
}
V1Switch(MyParser(), MyVerify(), MyIngress(), MyEgress(), MyCompute(), MyDeparser()) main;
