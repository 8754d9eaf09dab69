/** The sizes of `p4/sizes.p4` that the controller must respect. A test compares the two. */

export const PORTS = 512;
export const ROLES = 8;
export const ADMIT_ENTRIES = 1024;
export const ARP_ENTRIES = 1024;
export const LOCAL_ADDRESSES = 1024;
export const PROCEDURES = 512;
export const SERVICES = 1024;
export const STORES = 4096;
export const CLIENTS = 65536;
export const SLOTS = 65536;
export const SLOTS_PER_POOL = 1024;
export const POOLS = 64;
export const DRAWS_PER_POOL = 1024;
/** As many octets of a file handle as the pipeline can match. */
export const HANDLE_PREFIX_OCTETS = 16;
export const EXPORTS = 4096;
export const CAPABILITIES = 4096;
export const SESSIONS = 131072;
export const SERIES = 4096;
export const BUCKETS = 64;
/** Of a frame that is shown because it is recorded. */
export const RECORD_OCTETS = 512;
