// SPDX-License-Identifier: Apache-2.0
// What a packet to a virtual service must be before a store is chosen for it.

control ServiceRequest(in headers_t hdr, inout metadata_t meta, in standard_metadata_t standard_metadata) {
    ProcedureClass() procedure_class;
    Pool() pool;

    action drop(drop_t reason) {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = reason;
    }

    apply {
        if (meta.mode == MODE_SLOW) {
            meta.verdict = VERDICT_PUNT;
            meta.punt_reason = PUNT_SERVICE;
        } else if (meta.is_fragment == 1 && meta.mode != MODE_REQUEST) {
            drop(DROP_FRAGMENTED_REQUEST);
        } else if (standard_metadata.parser_error != error.NoError) {
            drop(meta.is_fragment == 1 ? DROP_TINY_FRAGMENT : DROP_MALFORMED);
        } else if (meta.mode == MODE_REQUEST) {
            if (!hdr.rpc_call.isValid()) {
                drop(DROP_NOT_RPC_CALL);
            } else if (hdr.rpc_call.rpc_version != RPC_VERSION) {
                drop(DROP_RPC_VERSION);
            } else {
                procedure_class.apply(hdr, meta);
                pool.apply(hdr, meta);
            }
        }
    }
}
