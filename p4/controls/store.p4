// SPDX-License-Identifier: Apache-2.0
// Where the chosen store is.

control Store(inout metadata_t meta) {
    action forward(mac_addr_t mac, bit<9> port) {
        meta.next_hop_mac = mac;
        meta.out_port = port;
        meta.verdict = VERDICT_ROUTE;
    }

    action unknown_store() {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = DROP_UNKNOWN_STORE;
    }

    table store {
        key = { meta.store_id : exact @name("store_id"); }
        actions = { forward; @defaultonly unknown_store; }
        const default_action = unknown_store;
        size = STORES;
    }

    apply {
        store.apply();
    }
}
