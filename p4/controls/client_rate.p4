// SPDX-License-Identifier: Apache-2.0
// Bounds what one client can use up: packets that reach the controller in a second, and rows of the fragment table that it opens
// and leaves open. Clients whose addresses end alike share that; the others, and what stores and the host send, are not held back by
// them. What is dropped here has not been written to any other register, nor counted for any store.
//
// A token bucket, as a register rather than a meter of P4: a datagram is charged for all of its packets at once, so that it reaches
// the controller whole or not at all, and a row that is free again is given back. (The "virtual scheduling" form of the generic cell
// rate algorithm: ITU-T I.371.)

enum bit<8> ClientRateOperation {
    CHARGE = 1, // so many packets, or drop this one
    REFUND = 2  // so many packets
}

control ClientRate(in ClientRateOperation operation, in bit<8> packets, inout metadata_t meta) {
    // When all that was charged will have been paid for, in units of 1/64 us.
    register<bit<48>>(CLIENT_RATES) client_due;

    bit<32> cell;
    bit<48> now;
    bit<48> due;
    bit<48> ahead;
    bit<48> cost;

    apply {
        // The last bits of the address, so that neighbours never share.
        cell = (bit<32>)meta.src_addr[9:0];
        now = meta.time_us[41:0] ++ 6w0;
        cost = (bit<48>)((bit<32>)packets * meta.rate_interval);
        client_due.read(due, cell);
        ahead = due - now;
        // More than could be owed: it was paid for long ago.
        if (ahead > (bit<48>)meta.rate_burst + ((bit<48>)meta.rate_interval << 6)) {
            ahead = 0;
        }
        if (operation == ClientRateOperation.REFUND) {
            client_due.write(cell, now + (ahead |-| cost));
        } else if (ahead <= (bit<48>)meta.rate_burst) {
            client_due.write(cell, now + ahead + cost);
        } else if (IS_COPIED(meta.punt_reason)) {
            meta.punt_reason = 0; // the packet itself goes on
        } else {
            meta.verdict = VERDICT_DROP;
            meta.drop_reason = DROP_CLIENT_RATE;
        }
    }
}
