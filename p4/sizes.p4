// SPDX-License-Identifier: Apache-2.0
// Table and register sizes in one place. src/dataplane/sizes.ts repeats what the controller and
// its configuration need to know; a test compares.

#define PORTS            512
#define ROLES            8
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
#define POOLS            64
// As slots: 64 pools.
#define DRAWS            65536
#define DRAWS_PER_POOL   1024
#define EXPORTS          4096
#define CAPABILITIES     4096
// Of each of the three parts of the request table: see request.p4. A power of two.
#define REQUESTS         65536
// TCP connections that the controller has pinned to their stores.
#define SESSIONS         131072
// Datagrams whose fragments are on their way. A power of two.
#define FRAGMENTS        16384
// Rates of what clients send to the controller: by 10 bits of their addresses.
#define CLIENT_RATES     1024
// Responses of several packets that are on their way to the gateway. A power of two.
#define GATEWAY_DATAGRAMS 16384
#define SERIES           4096
// 64 buckets each.
#define RESPONSE_TIMES   262144
#define BUCKETS          64
// Of a recorded frame: more than any RPC call's header, credential and file handle take, as a rule.
#define RECORD_OCTETS    512
#define DROP_REASONS     256
