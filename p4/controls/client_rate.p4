// SPDX-License-Identifier: Apache-2.0
// What one client can make the controller do: the controller sets how many of its packets reach it in a second. Clients whose
// addresses end alike share that; the others, and what stores and the host send, are not held back by them. What is dropped here
// has not been written to any register, nor counted for any store.

control ClientRate(inout metadata_t meta) {
    meter(CLIENT_RATES, MeterType.packets) client_rate;

    bit<8> color;

    // RFC 2698.
    const bit<8> RED = 2;

    apply {
        // The last bits of the address, so that neighbours never share.
        client_rate.execute_meter((bit<32>)meta.src_addr[9:0], color);
        if (color == RED) {
            if (IS_COPIED(meta.punt_reason)) {
                meta.punt_reason = 0; // the packet itself goes on
            } else {
                meta.verdict = VERDICT_DROP;
                meta.drop_reason = DROP_CLIENT_RATE;
            }
        }
    }
}
