// Clones, multicast, resubmission, recirculation, truncation and drops, as the packet's first byte asks.
#include <core.p4>
#include <v1model.p4>

header ask_t {
    bit<8> what;
    bit<8> argument;
}

header trace_t {
    bit<8> instance_type;
    bit<8> kept;
    bit<8> lost;
    bit<16> rid;
    bit<16> port;
    bit<32> length;
}

struct headers_t {
    trace_t trace;
    ask_t ask;
}

struct metadata_t {
    @field_list(1) bit<8> kept;
    bit<8> lost;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.ask);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control enter(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        standard.egress_spec = 1;
        meta.lost = 0x77;
        if (standard.instance_type == 0) { meta.kept = 0x55; }
        if (hdr.ask.what == 1) {
            clone_preserving_field_list(CloneType.I2E, 5, 1);
            hdr.ask.argument = 0xee;
        } else if (hdr.ask.what == 2) {
            standard.mcast_grp = (bit<16>) hdr.ask.argument;
        } else if (hdr.ask.what == 3 && standard.instance_type == 0) {
            resubmit_preserving_field_list(1);
        } else if (hdr.ask.what == 5) {
            truncate((bit<32>) hdr.ask.argument);
        } else if (hdr.ask.what == 6) {
            mark_to_drop(standard);
        } else if (hdr.ask.what == 9) {
            clone(CloneType.I2E, 5);
            mark_to_drop(standard);
            exit;
        }
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        if (hdr.ask.what == 4 && hdr.ask.argument < 3) {
            hdr.ask.argument = hdr.ask.argument + 1;
            recirculate_preserving_field_list(1);
        } else {
            if (hdr.ask.what == 8 && standard.instance_type == 0) {
                clone_preserving_field_list(CloneType.E2E, 5, 1);
            }
            hdr.trace.setValid();
            hdr.trace.instance_type = (bit<8>) standard.instance_type;
            hdr.trace.kept = meta.kept;
            hdr.trace.lost = meta.lost;
            hdr.trace.rid = standard.egress_rid;
            hdr.trace.port = (bit<16>) standard.egress_port;
            hdr.trace.length = standard.packet_length;
        }
        if (hdr.ask.what == 7) { mark_to_drop(standard); }
    }
}

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), enter(), leave(), nothing(), write()) main;
