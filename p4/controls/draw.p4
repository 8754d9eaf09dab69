// SPDX-License-Identifier: Apache-2.0
// Draws stores for a request that may go to any of the pool. The draws of a pool are written by the controller: one
// after the other they are its rotation, and each store stands in them as often as its weight says.

control Draw(inout metadata_t meta) {
    register<bit<16>>(POOLS) rotation; // the pool's next draw

    bit<16> position;

    action offer(bit<16> store_1, bit<16> cost_1, bit<16> store_2, bit<16> cost_2,
                 bit<16> store_3, bit<16> cost_3, bit<16> store_4, bit<16> cost_4) {
        meta.draw.store_1 = store_1;
        meta.draw.cost_1 = cost_1;
        meta.draw.store_2 = store_2;
        meta.draw.cost_2 = cost_2;
        meta.draw.store_3 = store_3;
        meta.draw.cost_3 = cost_3;
        meta.draw.store_4 = store_4;
        meta.draw.cost_4 = cost_4;
        meta.preferred_id = store_1;
        meta.is_preferred = 1;
    }

    table draw {
        key = {
            meta.pool_id : exact @name("pool_id");
            position     : exact @name("position");
        }
        actions = { offer; @defaultonly NoAction; }
        const default_action = NoAction;
        size = DRAWS;
    }

    apply {
        if (meta.policy == POLICY_ROUND_ROBIN) {
            rotation.read(position, (bit<32>)meta.pool_id);
            rotation.write((bit<32>)meta.pool_id, position + 1);
            position = position & (bit<16>)(DRAWS_PER_POOL - 1);
        } else {
            random(position, (bit<16>)0, (bit<16>)(DRAWS_PER_POOL - 1));
        }
        draw.apply();
    }
}
