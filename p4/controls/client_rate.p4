// SPDX-License-Identifier: Apache-2.0
// What one client can make the controller do: the controller sets how many of its packets reach it in a second. Clients whose
// addresses fall together share that; the others, and what stores and the host send, are not held back by them.

control ClientRate(inout metadata_t meta) {
    meter(CLIENT_RATES, MeterType.packets) client_rate;

    bit<32> index;
    bit<8>  color;

    // RFC 2698.
    const bit<8> RED = 2;

    apply {
        hash(index, HashAlgorithm.crc32, (bit<32>)0, { meta.src_addr }, (bit<32>)CLIENT_RATES);
        client_rate.execute_meter(index, color);
        if (color == RED) {
            if (meta.verdict == VERDICT_PUNT) {
                meta.verdict = VERDICT_DROP;
                meta.drop_reason = DROP_CLIENT_RATE;
            } else {
                meta.punt_reason = 0; // only a copy
            }
        }
    }
}
