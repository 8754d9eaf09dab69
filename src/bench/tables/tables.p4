// SPDX-License-Identifier: Apache-2.0
// One table of each kind, chosen by a byte of the frame, so that a frame costs one lookup; any other byte: none.
// Compile: p4c-bm2-ss tables.p4 -o tables.json --p4runtime-files tables.p4info.txtpb
#include <core.p4>
#include <v1model.p4>

const bit<8> EXACT = 1;
const bit<8> LPM = 2;
const bit<8> TERNARY = 3;

header query_t {
    bit<8>  table_kind;
    bit<48> mac;
    bit<32> src;
    bit<32> dst;
    bit<16> l4_port;
}

struct headers_t {
    query_t query;
}

struct metadata_t { }

parser QueryParser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                   inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.query);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control Lookup(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    action send(bit<9> port) {
        standard_metadata.egress_spec = port;
    }
    action bypass() {
        standard_metadata.egress_spec = 2;
    }
    action drop() {
        mark_to_drop(standard_metadata);
    }

    table exact_table {
        key = { hdr.query.mac: exact; }
        actions = { send; drop; }
        default_action = drop();
        size = 1048576;
    }
    table lpm_table {
        key = { hdr.query.dst: lpm; }
        actions = { send; drop; }
        default_action = drop();
        size = 1048576;
    }
    table ternary_table {
        key = {
            hdr.query.src: ternary;
            hdr.query.dst: ternary;
            hdr.query.l4_port: ternary;
        }
        actions = { send; drop; }
        default_action = drop();
        size = 131072;
    }

    apply {
        if (hdr.query.table_kind == EXACT) {
            exact_table.apply();
        } else if (hdr.query.table_kind == LPM) {
            lpm_table.apply();
        } else if (hdr.query.table_kind == TERNARY) {
            ternary_table.apply();
        } else {
            bypass();
        }
    }
}

control NoEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply { }
}

control NoUpdate(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control QueryDeparser(packet_out packet, in headers_t hdr) {
    apply { packet.emit(hdr.query); }
}

V1Switch(QueryParser(), NoVerify(), Lookup(), NoEgress(), NoUpdate(), QueryDeparser()) main;
