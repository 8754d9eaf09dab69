// SPDX-License-Identifier: Apache-2.0
// What may enter at all. For ARP the addresses are the sender's and the target's, so that one row refuses both
// a packet and an ARP claim in a VIP's name.

control Admit(in headers_t hdr, inout metadata_t meta) {
    action allow() {}

    action deny(drop_t reason) {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = reason;
    }

    table admit {
        key = {
            meta.role             : ternary @name("role");
            hdr.ethernet.src_addr : ternary @name("src_mac");
            hdr.ethernet.dst_addr : ternary @name("dst_mac");
            meta.src_addr         : ternary @name("src_addr");
            meta.dst_addr         : ternary @name("dst_addr");
        }
        actions = { allow; deny; }
        const default_action = deny(DROP_NOT_ADMITTED);
        size = ADMIT_ENTRIES;
    }

    apply {
        admit.apply();
    }
}
