// SPDX-License-Identifier: Apache-2.0
// Requests a store has not answered yet. Each is counted in the epoch it was sent in, and only the present epoch and
// the one before count: a response that never comes is forgotten after four seconds at most, so lost ones add up to
// nothing. A response of a forgotten epoch changes nothing either.

enum bit<8> OutstandingOperation {
    ADD    = 1, // one more at `store_id`, sent at `sent_us`
    REMOVE = 2, // one less, of those sent at `sent_us`
    CHOOSE = 3  // which of the drawn stores has least in proportion to its weight
}

control Outstanding(in OutstandingOperation operation, in bit<16> store_id, in bit<32> sent_us,
                    inout metadata_t meta) {
    // Epoch, and the counts of the epoch before and of that epoch. Saturating, as nothing is ordered by such counts.
    register<bit<32>>(STORES) outstanding;
    // The better one of those that the pool's last draw offered and that were not chosen, with its cost, and when:
    // the next request may have it too. Power of k choices with memory (Mitzenmacher, Prabhakar, Shah 2002).
    register<bit<32>>(POOLS) spare;
    register<bit<32>>(POOLS) spare_time;

    // In units of 1024 us: a store that is drawn no more is no spare for longer.
    const bit<32> SPARE_LIFETIME = 64;

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

    bit<32> least;
    bit<16> least_cost; // of `meta.preferred_id`
    bit<32> other;
    bit<32> spare_load;
    bit<32> spare_there;

    // The load if the request came on top.
    action weigh(out bit<32> load_there, in bit<16> id, in bit<16> cost) {
        load(id);
        load_there = ((bit<32>)before + (bit<32>)now + 1) * (bit<32>)cost;
    }

    // The one just weighed has least so far: who had it before is the best of the others.
    action take(in bit<16> id, in bit<16> cost) {
        spare_load = least;
        spare_there = meta.preferred_id ++ least_cost;
        least = other;
        least_cost = cost;
        meta.preferred_id = id;
    }

    // The one just weighed is the best of the others.
    action keep(in bit<16> id, in bit<16> cost) {
        spare_load = other;
        spare_there = id ++ cost;
    }

    apply {
        epoch = meta.time_us[28:21];
        if (operation != OutstandingOperation.CHOOSE) {
            // What is added and what is taken away again goes by the time it was sent, so it is of one epoch.
            load(store_id);
            bit<8> age = epoch - sent_us[28:21];
            if (age == 0) {
                now = operation == OutstandingOperation.ADD ? now |+| 1 : now |-| 1;
                save(store_id);
            } else if (age == 1) {
                before = operation == OutstandingOperation.ADD ? before |+| 1 : before |-| 1;
                save(store_id);
            }
        } else {
            bit<32> known_spare;
            bit<32> known_time;
            bit<32> time = meta.time_us[41:10];
            weigh(least, meta.draw.store_1, meta.draw.cost_1);
            least_cost = meta.draw.cost_1;
            weigh(other, meta.draw.store_2, meta.draw.cost_2);
            if (other < least) {
                take(meta.draw.store_2, meta.draw.cost_2);
            } else {
                keep(meta.draw.store_2, meta.draw.cost_2);
            }
            if (meta.policy == POLICY_LEAST_OF_4) {
                weigh(other, meta.draw.store_3, meta.draw.cost_3);
                if (other < least) {
                    take(meta.draw.store_3, meta.draw.cost_3);
                } else if (other < spare_load) {
                    keep(meta.draw.store_3, meta.draw.cost_3);
                }
                weigh(other, meta.draw.store_4, meta.draw.cost_4);
                if (other < least) {
                    take(meta.draw.store_4, meta.draw.cost_4);
                } else if (other < spare_load) {
                    keep(meta.draw.store_4, meta.draw.cost_4);
                }
            }
            spare.read(known_spare, (bit<32>)meta.pool_id);
            spare_time.read(known_time, (bit<32>)meta.pool_id);
            // Nothing was remembered yet: a cost of 0.
            if (known_spare[15:0] != 0 && time - known_time < SPARE_LIFETIME) {
                weigh(other, known_spare[31:16], known_spare[15:0]);
                if (other < least) {
                    take(known_spare[31:16], known_spare[15:0]);
                }
            }
            // Only what this draw offers: no store that left the draws stays a spare.
            spare.write((bit<32>)meta.pool_id, spare_there);
            spare_time.write((bit<32>)meta.pool_id, time);
        }
    }
}
