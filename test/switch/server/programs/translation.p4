// Ports that clients see as bit<32>, and identifiers they see as strings, in keys, parameters and packet headers.
#include <core.p4>
#include <v1model.p4>

@p4runtime_translation("storeswitch/port", bit<32>)
type bit<9> port_id_t;

@p4runtime_translation("storeswitch/tenant", string)
type bit<16> tenant_id_t;

@controller_header("packet_in")
header packet_in_t {
    port_id_t ingress_port;
    bit<7> pad;
    tenant_id_t tenant;
}

@controller_header("packet_out")
header packet_out_t {
    port_id_t egress_port;
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

struct metadata_t {
    port_id_t port;
    tenant_id_t tenant;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        meta.port = (port_id_t) standard.ingress_port;
        transition select(standard.ingress_port) {
            510: from_controller;
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

control patch(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    action send(port_id_t port) { standard.egress_spec = (bit<9>) port; }
    action to_controller() {
        standard.egress_spec = 510;
        hdr.packet_in.setValid();
        hdr.packet_in.ingress_port = meta.port;
        hdr.packet_in.pad = 0;
        hdr.packet_in.tenant = meta.tenant;
    }
    action set_tenant(tenant_id_t tenant) { meta.tenant = tenant; }
    action drop() { mark_to_drop(standard); }

    table by_port {
        key = { meta.port: exact; }
        actions = { send; to_controller; drop; }
        default_action = drop();
        size = 16;
    }

    table by_source {
        key = { hdr.ethernet.src: exact; }
        actions = { set_tenant; }
        size = 16;
    }

    table by_tenant {
        key = { meta.tenant: exact; }
        actions = { send; NoAction; }
        default_action = NoAction();
        size = 16;
    }

    apply {
        if (hdr.packet_out.isValid()) {
            standard.egress_spec = (bit<9>) hdr.packet_out.egress_port;
            hdr.packet_out.setInvalid();
        } else {
            by_source.apply();
            by_port.apply();
            by_tenant.apply();
        }
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), patch(), pass(), nothing(), write()) main;
