// SPDX-License-Identifier: Apache-2.0
// What client_rate.p4 holds clients to.

control ClientLimit(inout metadata_t meta) {
    action set_limit(bit<32> interval, bit<32> burst) {
        meta.rate_interval = interval;
        meta.rate_burst = burst;
    }

    // Without an entry there is no limit: what stores, the host and the gateway send is not held back.
    table client_limit {
        key = { meta.role : exact @name("role"); }
        actions = { set_limit; @defaultonly NoAction; }
        const default_action = NoAction;
        size = ROLES;
    }

    apply {
        client_limit.apply();
    }
}
