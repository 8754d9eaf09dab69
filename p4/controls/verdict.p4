// SPDX-License-Identifier: Apache-2.0
// Carries out what the controls before it decided. Every drop is counted under its reason.

control Verdict(in metadata_t meta, inout standard_metadata_t standard_metadata) {
    counter(DROP_REASONS, CounterType.packets_and_bytes) drop_counter;

    apply {
        if (meta.verdict == VERDICT_PUNT) {
            standard_metadata.egress_spec = CPU_PORT;
        } else if (meta.verdict == VERDICT_DROP) {
            drop_counter.count((bit<32>)meta.drop_reason);
            mark_to_drop(standard_metadata);
        } else {
            standard_metadata.egress_spec = meta.out_port;
        }
    }
}
