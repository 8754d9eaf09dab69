// SPDX-License-Identifier: Apache-2.0
// Copies for the controller: of requests that are sampled and their responses, [0054], [0056] to [0058], of where sessions
// begin and end, and of ARP replies. A lost record is only a lost record.

control Record(inout metadata_t meta) {
    apply {
        // What goes to the controller anyway says itself that it is sampled.
        if (meta.is_sampled == 1 && meta.verdict == VERDICT_ROUTE && meta.punt_reason == 0) {
            meta.punt_reason = PUNT_RECORD;
        }
        if (IS_COPIED(meta.punt_reason)) {
            clone_preserving_field_list(CloneType.I2E, CPU_CLONE_SESSION, FIELD_LIST_PUNT);
        }
    }
}
