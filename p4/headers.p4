// SPDX-License-Identifier: Apache-2.0
// What is on the wire. Field names follow the RFCs: 826 (ARP), 791 (IPv4), 768 (UDP), 9293 (TCP),
// 5531 (ONC RPC), 1813 (NFS version 3).

typedef bit<48> mac_addr_t;
typedef bit<32> ipv4_addr_t;

// Between controller and switch (P4Runtime packet I/O).

@controller_header("packet_in")
header packet_in_t {
    bit<9>  ingress_port;
    bit<1>  is_sampled;    // of a request or response: it is to be recorded
    bit<6>  _pad;
    bit<8>  reason;        // PUNT_*
    bit<16> service_id;    // 0: none
    bit<16> store_id;      // chosen for the request, or that had it; 0: none
    bit<16> fragment_next; // octets of the datagram's payload that have passed
    bit<48> time_us;       // of arrival, by the switch's clock
}

@controller_header("packet_out")
header packet_out_t {
    bit<9> egress_port;
    bit<7> operation; // PACKET_OUT_*
}

header ethernet_t {
    mac_addr_t dst_addr;
    mac_addr_t src_addr;
    bit<16>    ether_type;
}

header arp_t {
    bit<16>     hw_type;
    bit<16>     proto_type;
    bit<8>      hw_addr_len;
    bit<8>      proto_addr_len;
    bit<16>     opcode;
    mac_addr_t  sender_hw_addr;
    ipv4_addr_t sender_proto_addr;
    mac_addr_t  target_hw_addr;
    ipv4_addr_t target_proto_addr;
}

header ipv4_t {
    bit<4>      version;
    bit<4>      ihl;
    bit<8>      tos;
    bit<16>     total_length;
    bit<16>     identification;
    bit<1>      flag_reserved;
    bit<1>      flag_dont_fragment;
    bit<1>      flag_more_fragments;
    bit<13>     fragment_offset;
    bit<8>      ttl;
    bit<8>      protocol;
    bit<16>     header_checksum;
    ipv4_addr_t src_addr;
    ipv4_addr_t dst_addr;
}

header ipv4_options_t {
    varbit<320> data;
}

header udp_t {
    bit<16> src_port;
    bit<16> dst_port;
    bit<16> length;
    bit<16> checksum;
}

// RFC 9293, up to the flags: the rest of the TCP header stays payload, nothing here reads it.
header tcp_t {
    bit<16> src_port;
    bit<16> dst_port;
    bit<32> sequence;
    bit<32> acknowledgement;
    bit<8>  data_offset; // and reserved bits
    bit<3>  flags_cwr_ece_urg;
    bit<1>  flag_ack;
    bit<1>  flag_psh;
    bit<1>  flag_rst;
    bit<1>  flag_syn;
    bit<1>  flag_fin;
}

// RFC 5531, section 9: the part that calls and replies share.
header rpc_t {
    bit<32> xid;
    bit<32> message_type;
}

header rpc_call_t {
    bit<32> rpc_version;
    bit<32> program;
    bit<32> program_version;
    bit<32> procedure;
    bit<32> cred_flavor;
    bit<32> cred_length;
}

// RFC 5531, section 8.2: the body of an opaque_auth is at most 400 octets.
header rpc_auth_body_t {
    varbit<3200> data;
}

header rpc_verifier_t {
    bit<32> flavor;
    bit<32> length;
}

// What stands before the file handle in the arguments of NLM procedures.
header nlm_opaque_length_t {
    bit<32> length;
}

header nlm_cookie_t {
    varbit<512> data;
}

header nlm_flag_t {
    bit<32> value;
}

header nlm_caller_t {
    varbit<2048> data;
}

// RFC 1813, section 2.3.3: a file handle is opaque, at most 64 octets.
header nfs_fh_length_t {
    bit<32> length;
}

header nfs_fh_prefix_t {
    bit<128> data;
}

header nfs_fh_rest_t {
    varbit<512> data;
}

struct headers_t {
    packet_in_t     packet_in;
    packet_out_t    packet_out;
    ethernet_t      ethernet;
    arp_t           arp;
    ipv4_t          ipv4;
    ipv4_options_t  ipv4_options;
    udp_t           udp;
    tcp_t           tcp;
    rpc_t           rpc;
    rpc_call_t      rpc_call;
    rpc_auth_body_t rpc_cred;
    rpc_verifier_t  rpc_verifier;
    rpc_auth_body_t rpc_verifier_body;
    nlm_opaque_length_t nlm_cookie_length;
    nlm_cookie_t    nlm_cookie;
    nlm_flag_t      nlm_block;
    nlm_flag_t      nlm_exclusive;
    nlm_opaque_length_t nlm_caller_length;
    nlm_caller_t    nlm_caller;
    nfs_fh_length_t nfs_fh_length;
    nfs_fh_prefix_t nfs_fh_prefix;
    nfs_fh_rest_t   nfs_fh_rest;
}
