// SPDX-License-Identifier: Apache-2.0
// Stores that take requests in large frames answer in large frames too; the controller cuts those to what the
// client's network takes: [0040].

control PortMtu(in headers_t hdr, inout metadata_t meta) {
    action set_mtu(bit<16> mtu) {
        if (hdr.ipv4.total_length > mtu) {
            meta.verdict = VERDICT_PUNT;
            meta.punt_reason = PUNT_TOO_LARGE;
        }
    }

    table port_mtu {
        key = { meta.out_port : exact @name("out_port"); }
        actions = { set_mtu; @defaultonly NoAction; }
        const default_action = NoAction;
        size = PORTS;
    }

    apply {
        port_mtu.apply();
    }
}
