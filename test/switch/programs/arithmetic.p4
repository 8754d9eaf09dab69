// Every arithmetic operation, at widths below, at and above 32, 53 and 64 bits: operands in, results out.
#include <core.p4>
#include <v1model.p4>

header operands_t<T> {
    T a;
    T b;
    bit<8> shift;
}

header results_t<T> {
    T sum;
    T difference;
    T product;
    T conjunction;
    T disjunction;
    T exclusive;
    T complement;
    T negation;
    T shifted_left;
    T shifted_right;
    T sum_saturated;
    T difference_saturated;
    bit<8> flags;
}

typedef bit<8> w8;
typedef bit<32> w32;
typedef bit<48> w48;
typedef bit<64> w64;
typedef bit<128> w128;
typedef int<16> s16;
typedef int<32> s32;
typedef int<64> s64;

struct headers_t {
    operands_t<w8> in8;
    operands_t<w32> in32;
    operands_t<w48> in48;
    operands_t<w64> in64;
    operands_t<w128> in128;
    operands_t<s16> ins16;
    operands_t<s32> ins32;
    operands_t<s64> ins64;
    results_t<w8> out8;
    results_t<w32> out32;
    results_t<w48> out48;
    results_t<w64> out64;
    results_t<w128> out128;
    results_t<s16> outs16;
    results_t<s32> outs32;
    results_t<s64> outs64;
}

struct metadata_t { }

#define COMPUTE(I, O)                                                                                    \
    O.setValid();                                                                                        \
    O.sum = I.a + I.b;                                                                                   \
    O.difference = I.a - I.b;                                                                            \
    O.product = I.a * I.b;                                                                               \
    O.conjunction = I.a & I.b;                                                                           \
    O.disjunction = I.a | I.b;                                                                           \
    O.exclusive = I.a ^ I.b;                                                                             \
    O.complement = ~I.a;                                                                                 \
    O.negation = -I.a;                                                                                   \
    O.shifted_left = I.a << I.shift;                                                                     \
    O.shifted_right = I.a >> I.shift;                                                                    \
    O.sum_saturated = I.a |+| I.b;                                                                       \
    O.difference_saturated = I.a |-| I.b;                                                                \
    O.flags = 0;                                                                                         \
    if (I.a == I.b) { O.flags = O.flags | 1; }                                                           \
    if (I.a < I.b) { O.flags = O.flags | 2; }                                                            \
    if (I.a <= I.b) { O.flags = O.flags | 4; }                                                           \
    if (I.a > I.b) { O.flags = O.flags | 8; }                                                            \
    if (I.a >= I.b) { O.flags = O.flags | 16; }                                                          \
    if (I.a != I.b) { O.flags = O.flags | 32; }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.in8);
        packet.extract(hdr.in32);
        packet.extract(hdr.in48);
        packet.extract(hdr.in64);
        packet.extract(hdr.in128);
        packet.extract(hdr.ins16);
        packet.extract(hdr.ins32);
        packet.extract(hdr.ins64);
        transition accept;
    }
}

control verify_nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control compute(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        standard.egress_spec = standard.ingress_port;
        COMPUTE(hdr.in8, hdr.out8)
        COMPUTE(hdr.in32, hdr.out32)
        COMPUTE(hdr.in48, hdr.out48)
        COMPUTE(hdr.in64, hdr.out64)
        COMPUTE(hdr.in128, hdr.out128)
        COMPUTE(hdr.ins16, hdr.outs16)
        COMPUTE(hdr.ins32, hdr.outs32)
        COMPUTE(hdr.ins64, hdr.outs64)
        hdr.in8.setInvalid();
        hdr.in32.setInvalid();
        hdr.in48.setInvalid();
        hdr.in64.setInvalid();
        hdr.in128.setInvalid();
        hdr.ins16.setInvalid();
        hdr.ins32.setInvalid();
        hdr.ins64.setInvalid();
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control update_nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), verify_nothing(), compute(), pass(), update_nothing(), write()) main;
