/*
 * Corners of the language: fields without bits, keys of headers that are no longer valid, keys with a mask,
 * mark_to_drop on a copy of the standard metadata, and an action of a table that is also called directly.
 */
#include <core.p4>
#include <v1model.p4>

header ask_t {
    bit<8> what;
    bit<0> none;
    bit<8> argument;
}

header result_t {
    bit<8> by_invalid;
    bit<8> by_mask;
}

struct headers_t {
    result_t result;
    ask_t ask;
    ask_t second;
}

struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.ask);
        packet.extract(hdr.second);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control enter(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    standard_metadata_t copy;
    action set_by_invalid(bit<8> value) { hdr.result.by_invalid = value; }
    action set_by_mask(bit<8> value) { hdr.result.by_mask = value; }
    table invalid {
        key = { hdr.second.argument: exact; }
        actions = { set_by_invalid; }
        default_action = set_by_invalid(0xff);
    }
    table masked {
        key = { hdr.ask.argument & 0xf0: exact @name("upper"); }
        actions = { set_by_mask; }
        default_action = set_by_mask(0xff);
    }
    apply {
        standard.egress_spec = 1;
        hdr.result.setValid();
        if (hdr.ask.what == 1) { hdr.second.setInvalid(); }
        invalid.apply();
        masked.apply();
        copy = standard;
        if (hdr.ask.what == 2) { set_by_mask(0x22); }
        if (hdr.ask.what == 3) { mark_to_drop(copy); }
        if (hdr.ask.what == 4) {
            mark_to_drop(copy);
            standard = copy;
        }
        hdr.ask.none = 0;
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), enter(), pass(), nothing(), write()) main;
