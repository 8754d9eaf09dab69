// One table of every match kind and one object of every kind P4Runtime can reach, for the client's tests.
// CORE leaves out meters and action selectors, which not every target has.
#include <core.p4>
#include <v1model.p4>

const bit<9> CPU_PORT = 255;

@controller_header("packet_out")
header packet_out_t {
    bit<9> egress_port;
    bit<7> submit;  // 0: leave by egress_port; else: be treated like a frame that arrived
}

@controller_header("packet_in")
header packet_in_t {
    bit<9> ingress_port;
    bit<7> reason;
}

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
    bit<16> fragment;
    bit<8> ttl;
    bit<8> protocol;
    bit<16> checksum;
    bit<32> src;
    bit<32> dst;
}

struct headers_t {
    packet_out_t packet_out;
    packet_in_t packet_in;
    ethernet_t ethernet;
    ipv4_t ipv4;
}

struct seen_t {
    bit<48> src;
    bit<9> port;
}

struct metadata_t {
    bit<8> note;
    bit<8> colour;
}

parser ingress_parser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        transition select(std.ingress_port) {
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
        transition select(hdr.ethernet.type) {
            0x0800: ipv4;
            default: accept;
        }
    }
    state ipv4 {
        packet.extract(hdr.ipv4);
        transition accept;
    }
}

control check(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    counter(256, CounterType.packets_and_bytes) port_count;
    direct_counter(CounterType.packets_and_bytes) bridge_count;
    register<bit<32>>(8) last_seen;
#ifndef CORE
    direct_meter<bit<8>>(MeterType.bytes) acl_meter;
    meter(256, MeterType.packets) port_meter;
    action_selector(HashAlgorithm.crc16, 64, 16) next_hops;
#endif

    action drop() {
        mark_to_drop(std);
    }
    action forward(bit<9> port) {
        std.egress_spec = port;
    }
    action flood(bit<16> group) {
        std.mcast_grp = group;
    }
    action to_controller() {
        std.egress_spec = CPU_PORT;
    }
    action learn() {
        digest<seen_t>(1, { hdr.ethernet.src, std.ingress_port });
    }
    action note(bit<8> value) {
        meta.note = value;
    }
    action mark(bit<8> value) {
        meta.note = value;
#ifndef CORE
        acl_meter.read(meta.colour);
#endif
    }
    action nothing() { }
    action rewrite(bit<48> src, bit<48> dst, bit<9> port) {
        hdr.ethernet.src = src;
        hdr.ethernet.dst = dst;
        std.egress_spec = port;
    }

    table known {
        key = { hdr.ethernet.src: exact @name("src"); }
        actions = { NoAction; learn; }
        default_action = NoAction();
        support_timeout = true;
        size = 64;
    }
    table bridge {
        key = { hdr.ethernet.dst: exact @name("dst"); }
        actions = { forward; flood; to_controller; drop; }
        default_action = to_controller();
        counters = bridge_count;
        size = 64;
    }
    table route {
        key = {
            meta.note: exact @name("note");
            hdr.ipv4.dst: lpm @name("dst");
        }
        actions = { @tableonly rewrite; drop; @defaultonly nothing; }
        default_action = nothing();
        size = 64;
    }
    table acl {
        key = {
            hdr.ipv4.src: ternary @name("src");
            hdr.ipv4.length: range @name("length");
            hdr.ipv4.protocol: optional @name("protocol");
        }
        actions = { mark; nothing; }
        default_action = mark(0);
#ifndef CORE
        meters = acl_meter;
#endif
        size = 64;
    }
#ifndef CORE
    table balance {
        key = {
            hdr.ipv4.dst: exact @name("dst");
            hdr.ipv4.src: selector;
        }
        actions = { forward; drop; }
        implementation = next_hops;
        size = 64;
    }
#endif
    table fixed {
        key = { hdr.ethernet.type: exact @name("type"); }
        actions = { note; nothing; }
        const default_action = nothing();
        const entries = {
            0x0806: note(6);
        }
    }

    apply {
        if (hdr.packet_out.isValid() && hdr.packet_out.submit == 0) {
            std.egress_spec = hdr.packet_out.egress_port;
        } else {
            port_count.count((bit<32>)std.ingress_port);
#ifndef CORE
            port_meter.execute_meter((bit<32>)std.ingress_port, meta.colour);
#endif
            last_seen.write((bit<32>)std.ingress_port & 7, (bit<32>)std.ingress_global_timestamp);
            known.apply();
            fixed.apply();
            if (!bridge.apply().hit && hdr.ipv4.isValid()) {
                acl.apply();
                route.apply();
#ifndef CORE
                balance.apply();
#endif
            }
        }
        if (std.egress_spec == CPU_PORT) {
            hdr.packet_in.setValid();
            hdr.packet_in.ingress_port = std.ingress_port;
            hdr.packet_in.reason = 1;
        }
        hdr.packet_out.setInvalid();
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

control compute(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control deparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.packet_in);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.ipv4);
    }
}

V1Switch(ingress_parser(), check(), ingress(), egress(), compute(), deparser()) main;
