/* Ports 1 and 2 are patched together; destinations in `blocked` are dropped and counted. */
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

struct headers_t { ethernet_t ethernet; }
struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.ethernet);
        transition accept;
    }
}

control check(inout headers_t hdr, inout metadata_t meta) { apply { } }

control forward(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    direct_counter(CounterType.packets_and_bytes) hits;

    action drop() { mark_to_drop(standard); }
    action block() {
        hits.count();
        mark_to_drop(standard);
    }
    action to_port(bit<9> port) { standard.egress_spec = port; }

    table patch {
        key = { standard.ingress_port: exact; }
        actions = { to_port; drop; }
        const default_action = drop();
        const entries = {
            1: to_port(2);
            2: to_port(1);
        }
    }
    table blocked {
        key = { hdr.ethernet.dst: exact; }
        actions = { block; NoAction; }
        default_action = NoAction();
        counters = hits;
        size = 1024;
    }

    apply {
        patch.apply();
        blocked.apply();
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }
control update(inout headers_t hdr, inout metadata_t meta) { apply { } }
control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr.ethernet); } }

V1Switch(read(), check(), forward(), pass(), update(), write()) main;
