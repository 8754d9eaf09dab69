// SPDX-License-Identifier: Apache-2.0
// Which slot of its pool a request belongs to: a pure function of what its class says counts.

control Placement(in headers_t hdr, inout metadata_t meta) {
    // What placement by object and by client mean is up to the class, or, for what may go anywhere, to the policy.
    class_t placement;

    apply {
        placement = meta.placement;
        if (placement == CLASS_ANY) {
            if (meta.policy == POLICY_BY_OBJECT && hdr.nfs_fh_rest.isValid()) {
                placement = CLASS_BY_OBJECT;
            } else if (meta.policy == POLICY_BY_CLIENT) {
                placement = CLASS_BY_CLIENT;
            }
        }
        if (placement == CLASS_BY_OBJECT) {
            if (hdr.nfs_fh_prefix.isValid()) {
                hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                     { hdr.nfs_fh_prefix.data, hdr.nfs_fh_rest.data }, (bit<16>)SLOTS_PER_POOL);
            } else {
                hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                     { hdr.nfs_fh_rest.data }, (bit<16>)SLOTS_PER_POOL);
            }
        } else if (placement == CLASS_BY_CLIENT) {
            hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0, { meta.src_addr }, (bit<16>)SLOTS_PER_POOL);
        } else if (placement == CLASS_BY_SESSION) {
            hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                 { meta.src_addr, meta.src_port, meta.dst_addr, meta.dst_port }, (bit<16>)SLOTS_PER_POOL);
        } else {
            hash(meta.slot, HashAlgorithm.crc32, (bit<16>)0,
                 { meta.src_addr, meta.src_port, hdr.rpc.xid }, (bit<16>)SLOTS_PER_POOL);
        }
    }
}
