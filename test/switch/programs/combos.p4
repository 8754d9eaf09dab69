/*
 * What may be asked of one packet at once: every bit of `asked` asks for something in ingress or egress, so that any two
 * meet. Whatever comes out tells its history.
 */
#include <core.p4>
#include <v1model.p4>

header ask_t {
    bit<16> asked;
    bit<8> rounds;
    bit<8> argument;
    bit<32> seen;
}

struct headers_t {
    ask_t ask;
    ask_t more;
}

struct metadata_t {
    @field_list(1, 2) bit<8> kept;
    @field_list(2) bit<8> kept_too;
    bit<8> lost;
}

struct said_t {
    bit<16> asked;
    bit<8> kept;
    bit<9> port;
}

#define ASKED(BIT) (hdr.ask.asked & (1 << BIT)) != 0

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.ask);
        meta.lost = hdr.ask.argument;
        transition select(standard.ingress_port) {
            2: more;
            default: accept;
        }
    }
    state more {
        packet.extract(hdr.more);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control enter(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<32>>(4) passes;
    apply {
        bit<32> count;
        passes.read(count, (bit<32>) standard.ingress_port & 3);
        passes.write((bit<32>) standard.ingress_port & 3, count + 1);
        standard.egress_spec = (bit<9>) (hdr.ask.argument & 3);
        meta.kept_too = 0x40 + (bit<8>) standard.instance_type;
        if (ASKED(0)) { clone_preserving_field_list(CloneType.I2E, 1, 1); }
        if (ASKED(1)) { clone_preserving_field_list(CloneType.I2E, 2, 2); }
        if (ASKED(2)) { standard.mcast_grp = (bit<16>) (hdr.ask.argument & 3); }
        if (ASKED(3) && standard.instance_type == 0) { resubmit_preserving_field_list(1); }
        if (ASKED(4)) { mark_to_drop(standard); }
        if (ASKED(5)) { digest<said_t>(1, { hdr.ask.asked, meta.kept, standard.ingress_port }); }
        if (ASKED(6)) { truncate(20); }
        if (ASKED(7)) { hdr.more.setInvalid(); }
        meta.kept = meta.kept + 1;
        if (ASKED(8)) { exit; }
        hdr.ask.seen = hdr.ask.seen | 0x80000000;
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        hdr.ask.seen = (hdr.ask.seen << 1) ^ (bit<32>) standard.instance_type ^ ((bit<32>) standard.egress_rid << 4)
            ^ ((bit<32>) meta.kept << 8) ^ ((bit<32>) meta.lost << 12) ^ (standard.packet_length << 16)
            ^ ((bit<32>) standard.egress_port << 24) ^ ((bit<32>) meta.kept_too << 20)
            ^ ((bit<32>) standard.ingress_port << 28);
        if (ASKED(9) && standard.instance_type != 2) { clone_preserving_field_list(CloneType.E2E, 3, 2); }
        if (ASKED(10) && hdr.ask.rounds < 2) {
            hdr.ask.rounds = hdr.ask.rounds + 1;
            recirculate_preserving_field_list(2);
        }
        if (ASKED(11)) { hdr.more.setValid(); }
        if (ASKED(12)) { truncate((bit<32>) hdr.ask.argument); }
        if (ASKED(13)) { mark_to_drop(standard); }
        if (ASKED(14)) { standard.egress_spec = 3; }
        if (ASKED(15)) { exit; }
        hdr.ask.seen = hdr.ask.seen ^ standard.packet_length;
    }
}

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), enter(), leave(), nothing(), write()) main;
