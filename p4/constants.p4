// SPDX-License-Identifier: Apache-2.0
// Numbers that tables, controller and counters share. A number is never reused.
// src/dataplane/constants.ts says the same; a test compares the two.

const bit<16> ETHER_TYPE_IPV4 = 0x0800;
const bit<16> ETHER_TYPE_ARP  = 0x0806;

const bit<16> ARP_ETHERNET = 1;
const bit<16> ARP_REQUEST  = 1;
const bit<16> ARP_REPLY    = 2;

const bit<8> PROTOCOL_TCP = 6;
const bit<8> PROTOCOL_UDP = 17;

const bit<32> RPC_CALL    = 0;
const bit<32> RPC_REPLY   = 1;
const bit<32> RPC_VERSION = 2;

const bit<32> RPC_AUTH_BODY_MAX = 400; // octets

const bit<32> NFS_PROGRAM = 100003;
const bit<32> NFS_V3      = 3;
const bit<32> NFS_FH_MAX  = 64;        // octets

// Port roles.
typedef bit<8> role_t;
const role_t ROLE_EXTERNAL = 1; // towards clients
const role_t ROLE_INTERNAL = 2; // towards stores
const role_t ROLE_HOST     = 3; // towards the virtualizer's own network stack

// Where a request may go.
typedef bit<8> class_t;
const class_t CLASS_ANY        = 1; // idempotent: any store of the pool
const class_t CLASS_BY_OBJECT  = 2; // all such requests of one file go to one store
const class_t CLASS_BY_REQUEST = 3; // not idempotent: a pure function of the request
const class_t CLASS_BY_CLIENT  = 4; // the object cannot be read: all such requests of one client to one store
const class_t CLASS_BY_SESSION = 5; // a TCP connection

// What is to become of the packet.
typedef bit<8> verdict_t;
const verdict_t VERDICT_NONE    = 0;
const verdict_t VERDICT_DROP    = 1;
const verdict_t VERDICT_ROUTE   = 2; // to out_port, Ethernet addresses rewritten
const verdict_t VERDICT_BRIDGE  = 3; // to out_port, untouched
const verdict_t VERDICT_PUNT    = 4; // to the controller

// How a virtual service is served.
typedef bit<8> mode_t;
const mode_t MODE_NONE    = 0;
const mode_t MODE_REQUEST = 1; // each RPC call by itself
const mode_t MODE_SESSION = 2; // each TCP connection
const mode_t MODE_SLOW    = 3; // by the controller

// Why a packet goes to the controller.
typedef bit<8> punt_t;
const punt_t PUNT_ARP_REPLY         = 1;
const punt_t PUNT_CLIENT_ROUTE_MISS = 2;
const punt_t PUNT_SERVICE           = 3;

// Why a packet was dropped: the index into drop_counter.
typedef bit<8> drop_t;
const drop_t DROP_UNKNOWN_PORT       = 1;  // no port_role entry
const drop_t DROP_NOT_ADMITTED       = 2;  // no admit entry: not addressed to us
const drop_t DROP_SPOOFED_VIP        = 3;  // a frame or ARP claim from outside in a VIP's name
const drop_t DROP_SPOOFED_OWN        = 4;  // the same in the virtualizer's own name
const drop_t DROP_BAD_SOURCE_MAC     = 5;  // group address as source
const drop_t DROP_NO_HOST_PORT       = 6;  // host traffic on a port without a shadow
const drop_t DROP_NO_SERVICE         = 7;  // to a VIP, but no such service
const drop_t DROP_NOT_OURS           = 8;  // unicast to an address that is neither ours nor a client's
const drop_t DROP_FRAGMENTED_REQUEST = 9;  // a request of more than one packet
const drop_t DROP_MALFORMED          = 10; // truncated, or a length beyond what its RFC allows
const drop_t DROP_NOT_RPC_CALL       = 11; // to a request service, but not an ONC RPC call
const drop_t DROP_RPC_VERSION        = 12; // an ONC RPC version other than 2
const drop_t DROP_NO_STORE           = 13; // the pool is empty
const drop_t DROP_UNKNOWN_STORE      = 14; // a slot names a store that has no store entry
