// Signed values, enums and booleans outside of tables, and a table whose first entries are the program's.
#include <core.p4>
#include <v1model.p4>

enum bit<8> Kind { plain = 1, odd = 200 }

header input_t {
    bit<8> key;
    int<12> twelve;
    int<16> sixteen;
    bit<4> rest;
}

struct headers_t {
    input_t input;
}

struct seen_t {
    int<12> twelve;
    int<16> sixteen;
    Kind kind;
    bool positive;
}

struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.input);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control run(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<int<16>>(4) offsets;
    action send(bit<9> port) { standard.egress_spec = port; }
    table preset {
        key = { hdr.input.key: exact; }
        actions = { send; }
        entries = {
            1: send(1);
            2: send(2);
        }
        size = 4;
    }
    apply {
        mark_to_drop(standard);
        preset.apply();
        int<16> offset;
        offsets.read(offset, 0);
        offsets.write(1, hdr.input.sixteen + offset);
        digest<seen_t>(1, { hdr.input.twelve, hdr.input.sixteen, Kind.odd, hdr.input.sixteen > 0 });
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) {
    apply { packet.emit(hdr.input); }
}

V1Switch(read(), nothing(), run(), leave(), nothing(), write()) main;
