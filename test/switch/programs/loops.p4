// An action that counts to the packet's argument in steps of two, so never to an odd one.
#include <core.p4>
#include <v1model.p4>

header count_t {
    bit<8> argument;
    bit<16> rounds;
}

struct headers_t {
    count_t count;
}

struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.count);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control enter(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    action count_up() {
        for (bit<8> i = 0; i != hdr.count.argument; i = i + 2) {
            hdr.count.rounds = hdr.count.rounds + 1;
        }
    }
    apply {
        standard.egress_spec = 1;
        count_up();
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), enter(), pass(), nothing(), write()) main;
