// One table for each way to match; which entry won is written into the packet.
#include <core.p4>
#include <v1model.p4>

header key_t {
    bit<16> a;
    bit<32> b;
    bit<128> c;
    bit<8> d;
}

header result_t {
    bit<32> exact;
    bit<32> lpm;
    bit<32> lpm_wide;
    bit<32> ternary;
    bit<32> range;
    bit<32> optional;
    bit<32> constant;
}

struct headers_t {
    key_t key;
    result_t result;
}

struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.key);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

#define RESULT(NAME) action set_##NAME(bit<32> value) { hdr.result.NAME = value; }
#define TABLE(NAME, KEY)                                                                                 \
    table by_##NAME {                                                                                    \
        key = KEY                                                                                        \
        actions = { set_##NAME; }                                                                        \
        default_action = set_##NAME(0xffffffff);                                                         \
        size = 65536;                                                                                    \
    }

control match(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    RESULT(exact)
    RESULT(lpm)
    RESULT(lpm_wide)
    RESULT(ternary)
    RESULT(range)
    RESULT(optional)
    RESULT(constant)
    TABLE(exact, { hdr.key.a: exact; hdr.key.c: exact; })
    TABLE(lpm, { hdr.key.a: exact; hdr.key.b: lpm; })
    TABLE(lpm_wide, { hdr.key.c: lpm; })
    TABLE(ternary, { hdr.key.a: ternary; hdr.key.b: lpm; hdr.key.c: ternary; })
    TABLE(range, { hdr.key.a: range; hdr.key.d: ternary; hdr.key.c: range; })
    TABLE(optional, { hdr.key.a: optional; hdr.key.d: optional; })
    table by_constant {
        key = { hdr.key.a: range; hdr.key.d: ternary; }
        actions = { set_constant; }
        default_action = set_constant(0);
        const entries = {
            (1 .. 9, 0x80 &&& 0xf0): set_constant(1);
            (1 .. 99, _): set_constant(2);
            (_, 0x11): set_constant(3);
        }
    }
    apply {
        standard.egress_spec = 1;
        hdr.result.setValid();
        by_exact.apply();
        by_lpm.apply();
        by_lpm_wide.apply();
        by_ternary.apply();
        by_range.apply();
        by_optional.apply();
        by_constant.apply();
        hdr.key.setInvalid();
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), match(), pass(), nothing(), write()) main;
