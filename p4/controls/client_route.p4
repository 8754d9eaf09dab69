// SPDX-License-Identifier: Apache-2.0
// The way back to a client. Unknown clients are resolved by the controller, which sends the response on.

control ClientRoute(inout metadata_t meta) {
    action forward(bit<9> port, mac_addr_t mac) {
        meta.out_port = port;
        meta.next_hop_mac = mac;
        meta.verdict = VERDICT_ROUTE;
    }

    action resolve() {
        meta.verdict = VERDICT_PUNT;
        meta.punt_reason = PUNT_CLIENT_ROUTE_MISS;
    }

    table client_route {
        key = { meta.dst_addr : lpm @name("dst_addr"); }
        actions = { forward; @defaultonly resolve; }
        const default_action = resolve;
        size = CLIENTS;
    }

    apply {
        client_route.apply();
    }
}
