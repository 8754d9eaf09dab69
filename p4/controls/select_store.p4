// SPDX-License-Identifier: Apache-2.0
// Which store of the pool. A slot names the store it belongs to and the one that takes over if that store dies;
// so a single store_down entry takes a dead store out of every pool, before any slot is rewritten. A store that is
// preferred, because it has the request already or was drawn for it, gets it unless it is down.

control SelectStore(in headers_t hdr, inout metadata_t meta) {
    // A preferred store that is down gives way to the slot's owner, which is alive once slots have been rewritten.
    action choose(bit<16> store_id, bit<16> standby_id) {
        meta.store_id = meta.is_preferred == 1 ? meta.preferred_id : store_id;
        meta.fallback_id = meta.store_id == store_id ? standby_id : store_id;
    }

    action no_store() {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = DROP_NO_STORE;
    }

    table slot {
        key = {
            meta.pool_id : exact @name("pool_id");
            meta.slot    : exact @name("slot");
        }
        actions = { choose; @defaultonly no_store; }
        const default_action = no_store;
        size = SLOTS;
    }

    action reselect() {
        meta.store_id = meta.fallback_id;
    }

    // Lists the stores that are down, not those that are up: as a rule it is empty.
    table store_down {
        key = { meta.store_id : exact @name("store_id"); }
        actions = { reselect; @defaultonly NoAction; }
        const default_action = NoAction;
        size = STORES;
    }

    // What placement by object and by client mean is up to the class, or, for what may go anywhere, to the policy.
    class_t placement;

    apply {
        placement = meta.placement;
        if (placement == CLASS_ANY) {
            if (meta.policy == POLICY_BY_OBJECT && hdr.nfs_fh_rest.isValid()) {
                placement = CLASS_BY_OBJECT;
            } else if (meta.policy == POLICY_BY_CLIENT) {
                placement = CLASS_BY_CLIENT;
            }
        }
        if (placement == CLASS_BY_OBJECT) {
            if (hdr.nfs_fh_prefix.isValid()) {
                hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                     { hdr.nfs_fh_prefix.data, hdr.nfs_fh_rest.data }, (bit<16>)SLOTS_PER_POOL);
            } else {
                hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                     { hdr.nfs_fh_rest.data }, (bit<16>)SLOTS_PER_POOL);
            }
        } else if (placement == CLASS_BY_CLIENT) {
            hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0, { meta.src_addr }, (bit<16>)SLOTS_PER_POOL);
        } else if (placement == CLASS_BY_SESSION) {
            hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                 { meta.src_addr, meta.src_port, meta.dst_addr, meta.dst_port }, (bit<16>)SLOTS_PER_POOL);
        } else {
            hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                 { meta.src_addr, meta.src_port, hdr.rpc.xid }, (bit<16>)SLOTS_PER_POOL);
        }

        slot.apply();
        if (meta.verdict == VERDICT_NONE) {
            store_down.apply();
        }
    }
}
