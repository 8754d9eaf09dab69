// An IPv4 router: options (varbit), checksums verified and updated, longest prefix, counters, parser errors.
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

header ipv4_t {
    bit<4> version;
    bit<4> ihl;
    bit<8> tos;
    bit<16> length;
    bit<16> id;
    bit<3> flags;
    bit<13> fragment_offset;
    bit<8> ttl;
    bit<8> protocol;
    bit<16> checksum;
    bit<32> src;
    bit<32> dst;
    varbit<320> options;
}

header report_t {
    bit<8> parser_error;
    bit<1> checksum_error;
    bit<7> pad;
    bit<32> length;
}

struct headers_t {
    report_t report;
    ethernet_t ethernet;
    ipv4_t ipv4;
}

struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.type) {
            0x0800: ipv4;
            0x0600 &&& 0xfe00: accept;
            default: accept;
        }
    }
    state ipv4 {
        bit<4> ihl = packet.lookahead<bit<8>>()[3:0];
        verify(ihl >= 5, error.HeaderTooShort);
        packet.extract(hdr.ipv4, ((bit<32>) ihl - 5) * 32);
        transition accept;
    }
}

#define FIELDS                                                                                           \
    { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.length, hdr.ipv4.id, hdr.ipv4.flags,        \
      hdr.ipv4.fragment_offset, hdr.ipv4.ttl, hdr.ipv4.protocol, hdr.ipv4.src, hdr.ipv4.dst,             \
      hdr.ipv4.options }

control check(inout headers_t hdr, inout metadata_t meta) {
    apply { verify_checksum(hdr.ipv4.isValid(), FIELDS, hdr.ipv4.checksum, HashAlgorithm.csum16); }
}

control route(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    counter(8, CounterType.packets_and_bytes) seen;
    direct_counter(CounterType.packets_and_bytes) routed;

    action drop() { mark_to_drop(standard); }

    action forward(bit<48> next_hop, bit<9> port) {
        standard.egress_spec = port;
        hdr.ethernet.src = hdr.ethernet.dst;
        hdr.ethernet.dst = next_hop;
        hdr.ipv4.ttl = hdr.ipv4.ttl - 1;
        routed.count();
    }

    table routes {
        key = { hdr.ipv4.dst: lpm; }
        actions = { forward; drop; }
        default_action = drop();
        counters = routed;
        size = 4096;
        support_timeout = true;
    }

    apply {
        seen.count((bit<32>) standard.ingress_port);
        if (standard.parser_error != error.NoError || standard.checksum_error == 1) {
            hdr.report.setValid();
            if (standard.parser_error == error.PacketTooShort) { hdr.report.parser_error = 1; }
            else if (standard.parser_error == error.HeaderTooShort) { hdr.report.parser_error = 4; }
            hdr.report.checksum_error = standard.checksum_error;
            hdr.report.length = standard.packet_length;
            standard.egress_spec = 7;
        } else if (hdr.ipv4.isValid()) {
            routes.apply();
        } else {
            drop();
        }
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control update(inout headers_t hdr, inout metadata_t meta) {
    apply { update_checksum(hdr.ipv4.isValid(), FIELDS, hdr.ipv4.checksum, HashAlgorithm.csum16); }
}

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), check(), route(), pass(), update(), write()) main;
