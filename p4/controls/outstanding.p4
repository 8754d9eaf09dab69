// SPDX-License-Identifier: Apache-2.0
// Requests a store has not answered yet. Each is counted in the epoch it was sent in, and only the present epoch and
// the one before count: a response that never comes is forgotten after four seconds at most, so lost ones add up to
// nothing. A response of a forgotten epoch changes nothing either.

enum bit<8> OutstandingOperation {
    ADD    = 1, // one more at `store_id`
    REMOVE = 2, // one less, of those sent at `sent_us`
    CHOOSE = 3  // which of the drawn stores has least in proportion to its weight
}

control Outstanding(in OutstandingOperation operation, in bit<16> store_id, in bit<48> sent_us,
                    inout metadata_t meta) {
    // Epoch, and the counts of the epoch before and of that epoch. Saturating, as nothing is ordered by such counts.
    register<bit<32>>(STORES) outstanding;

    bit<8> epoch;
    bit<12> before;
    bit<12> now;

    action load(bit<16> id) {
        bit<32> cell;
        outstanding.read(cell, (bit<32>)id);
        bit<8> age = epoch - cell[31:24];
        now = age == 0 ? cell[11:0] : 0;
        before = age == 0 ? cell[23:12] : (age == 1 ? cell[11:0] : 0);
    }

    action save(bit<16> id) {
        outstanding.write((bit<32>)id, epoch ++ before ++ now);
    }

    // The load if the request came on top.
    action weigh(out bit<32> load_there, in bit<16> id, in bit<16> cost) {
        load(id);
        load_there = ((bit<32>)before + (bit<32>)now + 1) * (bit<32>)cost;
    }

    apply {
        epoch = meta.time_us[28:21];
        if (operation == OutstandingOperation.ADD) {
            load(store_id);
            now = now |+| 1;
            save(store_id);
        } else if (operation == OutstandingOperation.REMOVE) {
            load(store_id);
            bit<8> age = epoch - sent_us[28:21];
            if (age == 0) {
                now = now |-| 1;
                save(store_id);
            } else if (age == 1) {
                before = before |-| 1;
                save(store_id);
            }
        } else {
            bit<32> least;
            bit<32> other;
            weigh(least, meta.draw.store_1, meta.draw.cost_1);
            weigh(other, meta.draw.store_2, meta.draw.cost_2);
            if (other < least) {
                least = other;
                meta.preferred_id = meta.draw.store_2;
            }
            if (meta.policy == POLICY_LEAST_OF_4) {
                weigh(other, meta.draw.store_3, meta.draw.cost_3);
                if (other < least) {
                    least = other;
                    meta.preferred_id = meta.draw.store_3;
                }
                weigh(other, meta.draw.store_4, meta.draw.cost_4);
                if (other < least) {
                    meta.preferred_id = meta.draw.store_4;
                }
            }
        }
    }
}
