// SPDX-License-Identifier: Apache-2.0
// Correctness decides first: where may this procedure go? What is not listed goes where a pure function of the
// request says, which is right for every procedure.

control ProcedureClass(in headers_t hdr, inout metadata_t meta) {
    action set_class(class_t placement, bit<16> procedure_id) {
        meta.placement = placement;
        meta.procedure_id = procedure_id;
    }

    table procedure_class {
        key = {
            hdr.rpc_call.program         : exact @name("program");
            hdr.rpc_call.program_version : exact @name("version");
            hdr.rpc_call.procedure       : exact @name("procedure");
        }
        actions = { set_class; }
        const default_action = set_class(CLASS_BY_REQUEST, 0);
        size = PROCEDURES;
    }

    apply {
        procedure_class.apply();
        if (hdr.rpc_call.cred_flavor == RPCSEC_GSS) {
            // A security context is known to the store that made it, and may hide the arguments: whatever is asked for
            // goes where it was made.
            meta.placement = CLASS_BY_CLIENT;
            meta.procedure_id = 0;
        } else if (hdr.rpc_call.cred_flavor == AUTH_TLS) {
            // Asks the store that is to have the session.
            meta.placement = CLASS_BY_SESSION;
        } else if (meta.placement == CLASS_BY_OBJECT && !hdr.nfs_fh_rest.isValid()) {
            // Placing by object needs an object to see.
            meta.placement = CLASS_BY_CLIENT;
        }
    }
}
