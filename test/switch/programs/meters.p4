// Meters of both units, indirect and direct; the colours of a packet are written over its first header.
#include <core.p4>
#include <v1model.p4>

header input_t {
    bit<8> index;
    bit<8> key;
    bit<8> packets_colour;
    bit<8> bytes_colour;
    bit<8> direct_colour;
    bit<8> ternary_colour;
}

struct headers_t {
    input_t input;
}

struct metadata_t {
    bit<2> direct;
    bit<8> ternary_entry;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.input);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control run(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    meter(8, MeterType.packets) by_packets;
    meter(8, MeterType.bytes) by_bytes;
    direct_meter<bit<2>>(MeterType.bytes) direct;
    direct_counter(CounterType.packets_and_bytes) seen;
    direct_meter<bit<8>>(MeterType.packets) ternary_entry;

    action mark(bit<8> value) {
        direct.read(meta.direct);
        seen.count();
        hdr.input.key = value;
    }
    table metered {
        key = { hdr.input.key: exact; }
        actions = { mark; NoAction; }
        default_action = NoAction;
        meters = direct;
        counters = seen;
    }
    action note() { ternary_entry.read(meta.ternary_entry); }
    table ternary_metered {
        key = { hdr.input.index: ternary; hdr.input.key: range; }
        actions = { note; @defaultonly NoAction; }
        default_action = NoAction;
        meters = ternary_entry;
        size = 64;
    }

    apply {
        standard.egress_spec = standard.ingress_port;
        meta.direct = 3;
        meta.ternary_entry = 0xff;
        bit<4> colour;
        by_packets.execute_meter((bit<32>) hdr.input.index, hdr.input.packets_colour);
        by_bytes.execute_meter((bit<32>) hdr.input.index, colour);
        hdr.input.bytes_colour = (bit<8>) colour;
        ternary_metered.apply();
        metered.apply();
        hdr.input.direct_colour = (bit<8>) meta.direct;
        hdr.input.ternary_colour = meta.ternary_entry;
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) {
    apply { packet.emit(hdr.input); }
}

V1Switch(read(), nothing(), run(), leave(), nothing(), write()) main;
