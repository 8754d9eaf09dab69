// Everything a P4Runtime client can touch: all match kinds, packet headers, counters, a register, a digest, groups.
#include <core.p4>
#include <v1model.p4>

const bit<9> CPU_PORT = 510;

@controller_header("packet_in")
header packet_in_t {
    bit<9> ingress_port;
    bit<4> reason;
    bit<3> pad;
}

@controller_header("packet_out")
header packet_out_t {
    bit<9> egress_port;
    bit<7> pad;
}

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

struct headers_t {
    packet_in_t packet_in;
    packet_out_t packet_out;
    ethernet_t ethernet;
}

struct metadata_t { }

struct seen_t {
    bit<48> src;
    bit<9> port;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        transition select(standard.ingress_port) {
            CPU_PORT: from_controller;
            default: ethernet;
        }
    }
    state from_controller {
        packet.extract(hdr.packet_out);
        transition ethernet;
    }
    state ethernet {
        packet.extract(hdr.ethernet);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control switching(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    direct_counter(CounterType.packets_and_bytes) bridged;
    counter(16, CounterType.packets) received;
    register<bit<48>>(8) last_source;

    action drop() { mark_to_drop(standard); }
    action send(bit<9> port) { standard.egress_spec = port; }
    action flood(bit<16> group) { standard.mcast_grp = group; }
    action mirror(bit<9> port) {
        standard.egress_spec = port;
        clone(CloneType.I2E, 5);
    }
    action to_controller(bit<4> reason) {
        standard.egress_spec = CPU_PORT;
        hdr.packet_in.setValid();
        hdr.packet_in.ingress_port = standard.ingress_port;
        hdr.packet_in.reason = reason;
        hdr.packet_in.pad = 0;
    }
    action learn() { digest<seen_t>(1, { hdr.ethernet.src, standard.ingress_port }); }

    table bridge {
        key = { hdr.ethernet.dst: exact; }
        actions = { send; flood; mirror; to_controller; drop; @defaultonly NoAction; }
        default_action = NoAction();
        counters = bridged;
        support_timeout = true;
        size = 8;
    }

    table filter {
        key = {
            standard.ingress_port: optional;
            hdr.ethernet.src: ternary;
            hdr.ethernet.type: range;
        }
        actions = { drop; learn; @tableonly send; NoAction; }
        default_action = NoAction();
        size = 64;
    }

    table fixed {
        key = { hdr.ethernet.type: exact; }
        actions = { to_controller; drop; NoAction; }
        const default_action = NoAction();
        const entries = {
            0x88b6: to_controller(3);
            0x88b7: drop();
        }
    }

    apply {
        if (hdr.packet_out.isValid()) {
            standard.egress_spec = hdr.packet_out.egress_port;
            hdr.packet_out.setInvalid();
        } else {
            received.count((bit<32>) standard.ingress_port);
            last_source.write((bit<32>) standard.ingress_port, hdr.ethernet.src);
            standard.egress_spec = 511;
            bridge.apply();
            filter.apply();
            fixed.apply();
        }
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), switching(), pass(), nothing(), write()) main;
