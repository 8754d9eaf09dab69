// SPDX-License-Identifier: Apache-2.0

control PortRole(inout metadata_t meta) {
    action set_role(role_t role) {
        meta.role = role;
    }

    action unknown_port() {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = DROP_UNKNOWN_PORT;
    }

    table port_role {
        key = { meta.ingress_port : exact @name("ingress_port"); }
        actions = { set_role; @defaultonly unknown_port; }
        const default_action = unknown_port;
        size = PORTS;
    }

    apply {
        port_role.apply();
    }
}
