// SPDX-License-Identifier: Apache-2.0
// What a packet to a virtual service must be before a store is chosen for it.

control ServiceRequest(in headers_t hdr, inout metadata_t meta, in standard_metadata_t standard_metadata) {
    ProcedureClass() procedure_class;
    Pool() pool;

    action drop(drop_t reason) {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = reason;
    }

    bool is_plain_dtls;
    bool is_short_dtls;
    bool is_call;

    apply {
        is_plain_dtls = meta.is_fragment == 0 && hdr.rpc.isValid() && hdr.rpc.xid & DTLS_VERSION_MASK == DTLS_VERSION
                        && hdr.rpc.xid[31:24] >= DTLS_TYPE_MIN && hdr.rpc.xid[31:24] <= DTLS_TYPE_MAX;
        is_short_dtls = meta.is_fragment == 0 && hdr.rpc.isValid() && hdr.rpc.xid[31:29] == DTLS_SHORT
                        && hdr.rpc.message_type != RPC_CALL && hdr.rpc.message_type != RPC_REPLY;
        is_call = hdr.rpc_call.isValid() && hdr.rpc_call.rpc_version == RPC_VERSION
                  && standard_metadata.parser_error == error.NoError;
        if (meta.mode == MODE_REQUEST && is_call) {
            procedure_class.apply(hdr, meta);
        }
        if (meta.mode == MODE_SLOW) {
            meta.verdict = VERDICT_PUNT;
            meta.punt_reason = PUNT_SERVICE;
        } else if (meta.is_fragment == 1 && meta.mode != MODE_REQUEST) {
            drop(DROP_FRAGMENTED_REQUEST);
        } else if (meta.mode == MODE_TERMINATE) {
            // From here on like any packet for the host, which reads it by itself.
            meta.mode = MODE_NONE;
        } else if (meta.mode == MODE_REQUEST
                   // No record is a whole call of version 2 as well.
                   && (is_short_dtls || (is_plain_dtls && !is_call))) {
            // Opaque: all of it to one store.
            meta.mode = MODE_SESSION;
            meta.placement = CLASS_BY_SESSION;
        } else if (standard_metadata.parser_error != error.NoError) {
            drop(meta.is_fragment == 1 ? DROP_TINY_FRAGMENT : DROP_MALFORMED);
        } else if (meta.mode == MODE_REQUEST) {
            if (!hdr.rpc_call.isValid()) {
                drop(DROP_NOT_RPC_CALL);
            } else if (hdr.rpc_call.rpc_version != RPC_VERSION) {
                drop(DROP_RPC_VERSION);
            } else {
                pool.apply(hdr, meta);
            }
        }
    }
}
