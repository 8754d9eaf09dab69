// SPDX-License-Identifier: Apache-2.0
// Correctness decides first: where may this procedure go? What is not listed goes where a pure function of the
// request says, which is right for every procedure.

control ProcedureClass(in headers_t hdr, inout metadata_t meta) {
    action set_class(class_t placement) {
        meta.placement = placement;
    }

    table procedure_class {
        key = {
            hdr.rpc_call.program         : exact @name("program");
            hdr.rpc_call.program_version : exact @name("version");
            hdr.rpc_call.procedure       : exact @name("procedure");
        }
        actions = { set_class; }
        const default_action = set_class(CLASS_BY_REQUEST);
        size = PROCEDURES;
    }

    apply {
        procedure_class.apply();
        // Placing by object needs an object to see.
        if (meta.placement == CLASS_BY_OBJECT && !hdr.nfs_fh_rest.isValid()) {
            meta.placement = CLASS_BY_CLIENT;
        }
    }
}
