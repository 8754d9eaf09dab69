// SPDX-License-Identifier: Apache-2.0
// Which pool serves: that of the service, unless the export, the procedure or the gateway asks for another. And how it shares out.

control Pool(in headers_t hdr, inout metadata_t meta) {
    action set_export(bit<16> export_id) {
        meta.export_id = export_id;
    }

    // By the first octets of the file handle, where stores say which export a file is in.
    table export {
        key = {
            meta.service_id        : exact @name("service_id");
            hdr.nfs_fh_prefix.data : ternary @name("handle_prefix");
        }
        actions = { set_export; @defaultonly NoAction; }
        const default_action = NoAction;
        size = EXPORTS;
    }

    action set_pool(bit<16> pool_id) {
        meta.pool_id = pool_id;
    }

    // Who is capable: [0009], [0031].
    table capability {
        key = {
            meta.service_id   : exact @name("service_id");
            meta.export_id    : ternary @name("export_id");
            meta.procedure_id : ternary @name("procedure_id");
        }
        actions = { set_pool; @defaultonly NoAction; }
        const default_action = NoAction;
        size = CAPABILITIES;
    }

    // Counted: how many of its requests wait for an answer decides somewhere, here or in a pool that shares stores.
    action set_policy(policy_t policy, bit<1> is_counted, bit<1> is_jumbo) {
        meta.policy = policy;
        meta.is_counted = is_counted;
        meta.is_jumbo = is_jumbo;
    }

    table pool {
        key = { meta.pool_id : exact @name("pool_id"); }
        actions = { set_policy; }
        const default_action = set_policy(POLICY_HASH, 0, 0);
        size = POOLS;
    }

    apply {
        if (hdr.nfs_fh_prefix.isValid()) {
            export.apply();
        }
        // What is encrypted afterwards goes to the service's own pool, so what asks for it does.
        if (meta.role == ROLE_GATEWAY && hdr.ethernet.src_addr[47:16] == GATEWAY_POOL_MAC) {
            meta.pool_id = hdr.ethernet.src_addr[15:0];
        } else if (hdr.rpc_call.cred_flavor != AUTH_TLS) {
            capability.apply();
        }
        pool.apply();
    }
}
