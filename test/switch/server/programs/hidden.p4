// Actions that clients are not to see: p4c's P4Info refers to them and does not describe them.
#include <core.p4>
#include <v1model.p4>

header input_t {
    bit<8> key;
}

struct headers_t {
    input_t input;
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
    action send(bit<9> port) { standard.egress_spec = port; }
    @hidden action inner(bit<9> port) { standard.egress_spec = port; }
    action drop() { mark_to_drop(standard); }

    table forward {
        key = { hdr.input.key: exact; }
        actions = { send; inner; drop; }
        default_action = inner(3);
    }

    apply { forward.apply(); }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), run(), pass(), nothing(), write()) main;
