// SPDX-License-Identifier: Apache-2.0
// Answers for the addresses this virtualizer owns; replies to the controller's own questions go to the controller
// as well as to the host, whose kernel may have asked too.

control Arp(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    action reply(mac_addr_t mac) {
        ipv4_addr_t asked = hdr.arp.target_proto_addr;
        hdr.arp.opcode = ARP_REPLY;
        hdr.arp.target_hw_addr = hdr.arp.sender_hw_addr;
        hdr.arp.target_proto_addr = hdr.arp.sender_proto_addr;
        hdr.arp.sender_hw_addr = mac;
        hdr.arp.sender_proto_addr = asked;
        hdr.ethernet.dst_addr = hdr.ethernet.src_addr;
        hdr.ethernet.src_addr = mac;
        meta.out_port = meta.ingress_port;
        meta.verdict = VERDICT_BRIDGE;
    }

    // Keyed by port, since every port answers with its own MAC address.
    table arp {
        key = {
            meta.ingress_port         : exact @name("ingress_port");
            hdr.arp.target_proto_addr : exact @name("target_addr");
        }
        actions = { reply; @defaultonly NoAction; }
        const default_action = NoAction;
        size = ARP_ENTRIES;
    }

    apply {
        if (hdr.arp.opcode == ARP_REQUEST) {
            arp.apply();
        } else if (hdr.arp.opcode == ARP_REPLY && meta.role != ROLE_HOST) {
            meta.punt_reason = PUNT_ARP_REPLY;
        }
    }
}
