// SPDX-License-Identifier: Apache-2.0
// Which store of the pool. A slot names the store it belongs to and the one that takes over if that store dies;
// so a single store_down entry takes a dead store out of every pool, before any slot is rewritten. A store that is
// preferred, because it has the request already or was drawn for it, gets it unless it is down.

control SelectStore(inout metadata_t meta) {
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

    apply {
        slot.apply();
        if (meta.verdict == VERDICT_NONE) {
            store_down.apply();
            // Nobody stands by: the pool has no other store, or they are down, too.
            if (meta.store_id == 0) {
                no_store();
            }
        }
    }
}
