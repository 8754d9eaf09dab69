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

const bit<32> AUTH_NONE     = 0;
const bit<32> AUTH_SYS      = 1;
const bit<32> RPCSEC_GSS    = 6;       // RFC 2203
const bit<32> AUTH_TLS      = 7;       // RFC 9289

// What begins a DTLS record instead of an xid, as RFC 9147, section 4.1 tells them apart: a content type and version 1.0 or
// 1.2, whose octets 0xfeff and 0xfefd differ in one bit; or the three bits of DTLS 1.3's short header.
const bit<8>  DTLS_TYPE_MIN     = 20;
const bit<8>  DTLS_TYPE_MAX     = 26;
const bit<32> DTLS_VERSION_MASK = 0x00fffd00;
const bit<32> DTLS_VERSION      = 0x00fefd00;
const bit<3>  DTLS_SHORT      = 1;

const bit<32> NFS_PROGRAM = 100003;
const bit<32> NFS_V3      = 3;
const bit<32> NFS_FH_MAX  = 64;        // octets

// The Network Lock Manager: X/Open CAE C702, chapter 10; version 4: RFC 1813, appendix II.
const bit<32> NLM_PROGRAM    = 100021;
const bit<32> NLM_COOKIE_MAX = 64;     // octets; what is longer is not read
const bit<32> NLM_CALLER_MAX = 256;    // octets; what is longer is not read

// Port roles.
typedef bit<8> role_t;
const role_t ROLE_EXTERNAL = 1; // towards clients
const role_t ROLE_INTERNAL = 2; // towards stores
const role_t ROLE_HOST     = 3; // towards the virtualizer's own network stack
const role_t ROLE_GATEWAY  = 4; // towards the gateway, which sends requests for clients

// Where a request may go.
typedef bit<8> class_t;
const class_t CLASS_ANY        = 1; // idempotent: any store of the pool
const class_t CLASS_BY_OBJECT  = 2; // all such requests of one file go to one store
const class_t CLASS_BY_REQUEST = 3; // not idempotent: a pure function of the request
const class_t CLASS_BY_CLIENT  = 4; // the object cannot be read: all such requests of one client to one store
const class_t CLASS_BY_SESSION = 5; // a TCP connection, or what is encrypted between two UDP ports

// How a pool shares out what may go anywhere. The others are placed by their class, whatever the policy.
typedef bit<8> policy_t;
const policy_t POLICY_HASH        = 1; // of the request
const policy_t POLICY_ROUND_ROBIN = 2;
const policy_t POLICY_RANDOM      = 3;
const policy_t POLICY_BY_OBJECT   = 4;
const policy_t POLICY_BY_CLIENT   = 5;
const policy_t POLICY_LEAST_OF_2  = 6; // of two drawn at random, the one with fewer outstanding requests
const policy_t POLICY_LEAST_OF_4  = 7;

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
const mode_t MODE_SESSION = 2; // each TCP connection, or DTLS
const mode_t MODE_SLOW    = 3; // by the controller
const mode_t MODE_FOLLOW  = 4; // a fragment after the zeroth goes where that went
const mode_t MODE_TERMINATE = 5; // by the virtualizer's own host

// The gateway knows which pool has the export that a client mounts: what is for a certain pool comes from 02:73:77:67:PP:PP.
const bit<32> GATEWAY_POOL_MAC = 0x02737767;

// Why a packet goes to the controller.
typedef bit<8> punt_t;
const punt_t PUNT_ARP_REPLY         = 1;
const punt_t PUNT_CLIENT_ROUTE_MISS = 2;
const punt_t PUNT_SERVICE           = 3;
const punt_t PUNT_FRAGMENT          = 4; // to be sent on by the controller, in order
const punt_t PUNT_FRAGMENT_PASSED   = 5; // a copy: the zeroth, after fragments that came before it
const punt_t PUNT_RECORD            = 6; // a copy: a sampled request or its response
const punt_t PUNT_TOO_LARGE         = 7; // a response larger than its client's network takes
const punt_t PUNT_SESSION           = 8; // a copy: a TCP connection begins or ends, or is not pinned

// Shown as a copy, while the packet itself goes on; of fragments, fragment.p4 makes the copy.
#define IS_COPIED(reason) (reason == PUNT_ARP_REPLY || reason == PUNT_SESSION || reason == PUNT_RECORD)

// What a packet-out is for.
typedef bit<7> packet_out_operation_t;
const packet_out_operation_t PACKET_OUT_SEND             = 0;
const packet_out_operation_t PACKET_OUT_SEND_LAST        = 1; // and forget the datagram it is a fragment of
const packet_out_operation_t PACKET_OUT_SEND_LAST_GATEWAY = 2; // likewise, if the datagram is the gateway's

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
const drop_t DROP_FRAGMENTED_REQUEST = 9;  // a fragment of what only passes whole: anything but UDP
const drop_t DROP_MALFORMED          = 10; // truncated, or a length beyond what its RFC or its packet allows
const drop_t DROP_NOT_RPC_CALL       = 11; // to a request service, but not an ONC RPC call
const drop_t DROP_RPC_VERSION        = 12; // an ONC RPC version other than 2
const drop_t DROP_NO_STORE           = 13; // the pool is empty
const drop_t DROP_UNKNOWN_STORE      = 14; // a slot names a store that has no store entry
const drop_t DROP_TINY_FRAGMENT      = 15; // a zeroth fragment that does not hold the headers it should
const drop_t DROP_FRAGMENT_OVERLAP   = 16; // octets that have passed before
const drop_t DROP_FRAGMENT_BEYOND    = 17; // octets beyond the datagram's end, or an end before its last fragment
const drop_t DROP_FRAGMENT_REPEATED  = 18; // a zeroth fragment once more, while the others pass
const drop_t DROP_CLIENT_RATE        = 19; // for the controller, from a client that sends it more than its share
