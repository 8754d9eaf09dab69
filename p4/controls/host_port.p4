// SPDX-License-Identifier: Apache-2.0
// Every switch port has a shadow on the host: what is for the router itself goes to the shadow of the port it
// arrived on, and what the host sends on a shadow leaves by that port. Both untouched.

control HostPort(inout metadata_t meta) {
    action set_peer(bit<9> port) {
        meta.out_port = port;
        meta.verdict = VERDICT_BRIDGE;
    }

    action no_peer() {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = DROP_NO_HOST_PORT;
    }

    table host_port {
        key = { meta.ingress_port : exact @name("ingress_port"); }
        actions = { set_peer; @defaultonly no_peer; }
        const default_action = no_peer;
        size = PORTS;
    }

    apply {
        host_port.apply();
    }
}
