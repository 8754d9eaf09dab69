// SPDX-License-Identifier: Apache-2.0
// Tells the controller of clients it does not know. A lost digest costs nothing: the next request sends another,
// and a response without a route is resolved by the controller.

control ClientLearn(in headers_t hdr, inout metadata_t meta) {
    action known() {}

    action unknown() {
        digest<client_digest_t>(1, { meta.ingress_port, hdr.ethernet.src_addr, meta.src_addr });
    }

    table client_known {
        key = {
            meta.ingress_port     : exact @name("ingress_port");
            hdr.ethernet.src_addr : exact @name("src_mac");
            meta.src_addr         : exact @name("src_addr");
        }
        actions = { known; @defaultonly unknown; }
        const default_action = unknown;
        size = CLIENTS;
        support_timeout = true;
    }

    apply {
        client_known.apply();
    }
}
