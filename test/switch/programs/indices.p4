// Indices that arrays do not have: signed and negative, or wider than what BMv2 takes of them.
#define V1MODEL_VERSION 20200408
#include <core.p4>
#include <v1model.p4>

header ask_t {
    int<8> narrow;
    bit<64> wide;
    int<64> signed_wide;
    bit<8> what;
}

header result_t {
    bit<16> by_narrow;
    bit<16> by_wide;
    bit<16> by_signed_wide;
    bit<16> marked;
}

struct headers_t {
    result_t result;
    ask_t ask;
}

struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.result);
        packet.extract(hdr.ask);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control enter(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<16>, int<8>>(200) by_narrow;
    register<bit<16>, bit<64>>(200) by_wide;
    register<bit<16>, int<64>>(200) by_signed_wide;
    counter<int<8>>(200, CounterType.packets) counted;
    meter<int<8>>(200, MeterType.packets) metered;

    apply {
        standard.egress_spec = 1;
        by_wide.write(3, 0x3333);
        by_narrow.read(hdr.result.by_narrow, hdr.ask.narrow);
        by_wide.read(hdr.result.by_wide, hdr.ask.wide);
        by_signed_wide.read(hdr.result.by_signed_wide, hdr.ask.signed_wide);
        if (hdr.ask.what[0:0] == 1) { metered.execute_meter(hdr.ask.narrow, hdr.result.marked); }
        if (hdr.ask.what[1:1] == 1) { counted.count(hdr.ask.narrow); }
        if (hdr.ask.what[2:2] == 1) {
            by_narrow.write(hdr.ask.narrow, 0x4444);
            by_wide.write(hdr.ask.wide, 0x5555);
            by_signed_wide.write(hdr.ask.signed_wide, 0x6666);
        }
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), enter(), leave(), nothing(), write()) main;
