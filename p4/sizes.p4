// SPDX-License-Identifier: Apache-2.0
// Table and register sizes in one place. src/dataplane/sizes.ts and src/config/sizes.ts repeat what the controller
// and its configuration need to know; tests compare.

#define PORTS            512
#define ADMIT_ENTRIES    1024
#define ARP_ENTRIES      1024
#define LOCAL_ADDRESSES  1024
#define SERVICES         1024
#define PROCEDURES       512
#define STORES           4096
#define CLIENTS          65536
// 64 pools. A power of two, so that a hash needs no division.
#define SLOTS            65536
#define SLOTS_PER_POOL   1024
// Power of two. At 50,000 requests a second one slot is reused after about a second: see request.p4.
#define REQUESTS         65536
#define DROP_REASONS     256
