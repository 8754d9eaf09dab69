// SPDX-License-Identifier: Apache-2.0
// The only place where a forwarded packet changes, and all that changes: its Ethernet addresses.

control Rewrite(inout headers_t hdr, in metadata_t meta, in standard_metadata_t standard_metadata) {
    action set_source(mac_addr_t mac) {
        hdr.ethernet.src_addr = mac;
    }

    table port_mac {
        key = { standard_metadata.egress_port : exact @name("egress_port"); }
        actions = { set_source; @defaultonly NoAction; }
        const default_action = NoAction;
        size = PORTS;
    }

    apply {
        hdr.ethernet.dst_addr = meta.next_hop_mac;
        port_mac.apply();
    }
}
