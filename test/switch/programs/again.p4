// Clones of packets that are parsed again: a parser that looks at the ingress port sees what it saw, or not.
#include <core.p4>
#include <v1model.p4>

header ask_t {
    bit<8> what;
    bit<8> rounds;
}

header near_t {
    bit<8> value;
}

header far_t {
    bit<16> value;
}

header trace_t {
    bit<8> instance_type;
    bit<8> kept;
    bit<8> near;
    bit<8> far;
    bit<16> ingress_port;
    bit<16> priority;
}

struct headers_t {
    trace_t trace;
    ask_t ask;
    near_t near;
    far_t far;
}

struct metadata_t {
    @field_list(1) bit<8> kept;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.ask);
        transition select(standard.ingress_port) {
            0: near;
            default: far;
        }
    }
    state near {
        packet.extract(hdr.near);
        transition accept;
    }
    state far {
        packet.extract(hdr.far);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control enter(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        standard.egress_spec = 1;
        meta.kept = meta.kept + 1;
        if (standard.instance_type == 4 || standard.instance_type == 6) {
            if (hdr.ask.what[0:0] == 1) { clone_preserving_field_list(CloneType.I2E, 5, 1); }
            else if (hdr.ask.what[2:2] == 1) { clone(CloneType.I2E, 5); }
        } else if (hdr.ask.what[1:1] == 1) {
            resubmit_preserving_field_list(1);
        }
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        if (hdr.ask.rounds[1:0] != 0 && standard.instance_type == 0) {
            hdr.ask.rounds = hdr.ask.rounds - 1;
            recirculate_preserving_field_list(1);
        } else {
            hdr.trace.setValid();
            hdr.trace.instance_type = (bit<8>) standard.instance_type;
            hdr.trace.kept = meta.kept;
            hdr.trace.ingress_port = (bit<16>) standard.ingress_port;
            hdr.trace.priority = (bit<16>) standard.priority;
            if (hdr.near.isValid()) { hdr.trace.near = hdr.near.value; hdr.near.value = 0xaa; }
            if (hdr.far.isValid()) { hdr.trace.far = (bit<8>) hdr.far.value; hdr.far.value = 0xbbbb; }
        }
    }
}

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), enter(), leave(), nothing(), write()) main;
