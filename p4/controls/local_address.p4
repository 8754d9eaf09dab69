// SPDX-License-Identifier: Apache-2.0
// What is addressed to us but to no service: a VIP has nothing else to offer, the rest is the host's.

control LocalAddress(inout metadata_t meta) {
    action virtual() {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = DROP_NO_SERVICE;
    }

    // A fragment after the zeroth names no port, so that it cannot match a service.
    action follow() {
        meta.mode = MODE_FOLLOW;
    }

    action own() {
        meta.is_own = 1;
    }

    table local_address {
        key = {
            meta.dst_addr    : exact @name("dst_addr");
            meta.is_follower : exact @name("is_follower");
        }
        actions = { virtual; follow; own; @defaultonly NoAction; }
        const default_action = NoAction;
        size = LOCAL_ADDRESSES;
    }

    apply {
        local_address.apply();
    }
}
