// What one frame can multiply into: it is sent round and round, alone, longer each time, or as many copies.
#include <core.p4>
#include <v1model.p4>

header ask_t {
    bit<8> what;
    bit<16> group;
}

header growth_t {
    bit<2048> more;
}

struct headers_t {
    ask_t ask;
    growth_t growth;
}

struct metadata_t { }

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
        if (hdr.ask.what != 0) { standard.mcast_grp = hdr.ask.group; }
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        if (hdr.ask.what == 3) { hdr.growth.setValid(); }
        if (hdr.ask.what > 1) { recirculate_preserving_field_list(0); }
    }
}

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), enter(), leave(), nothing(), write()) main;
