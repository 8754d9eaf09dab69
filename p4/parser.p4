// SPDX-License-Identifier: Apache-2.0

error {
    ArpHeader,
    Ipv4Header,
    RpcAuthTooLong,
    FileHandleTooLong
}

parser StoreswitchParser(packet_in packet,
                         out headers_t hdr,
                         inout metadata_t meta,
                         inout standard_metadata_t standard_metadata) {
    bit<32> fh_octets; // padded to XDR's multiple of four

    state start {
        transition select(standard_metadata.ingress_port) {
            CPU_PORT: parse_packet_out;
            default:  parse_ethernet;
        }
    }

    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition accept;
    }

    state parse_ethernet {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            ETHER_TYPE_ARP:  parse_arp;
            ETHER_TYPE_IPV4: parse_ipv4;
            default:         accept;
        }
    }

    state parse_arp {
        packet.extract(hdr.arp);
        meta.src_addr = hdr.arp.sender_proto_addr;
        meta.dst_addr = hdr.arp.target_proto_addr;
        verify(hdr.arp.hw_type == ARP_ETHERNET && hdr.arp.proto_type == ETHER_TYPE_IPV4
               && hdr.arp.hw_addr_len == 6 && hdr.arp.proto_addr_len == 4, error.ArpHeader);
        transition accept;
    }

    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        meta.src_addr = hdr.ipv4.src_addr;
        meta.dst_addr = hdr.ipv4.dst_addr;
        verify(hdr.ipv4.version == 4 && hdr.ipv4.ihl >= 5, error.Ipv4Header);
        transition select(hdr.ipv4.ihl) {
            5:       parse_transport;
            default: parse_ipv4_options;
        }
    }

    state parse_ipv4_options {
        packet.extract(hdr.ipv4_options, ((bit<32>)hdr.ipv4.ihl - 5) << 5);
        transition parse_transport;
    }

    // Only the zeroth fragment holds a transport header.
    state parse_transport {
        transition select(hdr.ipv4.fragment_offset, hdr.ipv4.protocol) {
            (0, PROTOCOL_UDP): parse_udp;
            (0, PROTOCOL_TCP): parse_tcp;
            default:           accept;
        }
    }

    state parse_tcp {
        packet.extract(hdr.tcp);
        meta.src_port = hdr.tcp.src_port;
        meta.dst_port = hdr.tcp.dst_port;
        transition accept;
    }

    state parse_udp {
        packet.extract(hdr.udp);
        meta.src_port = hdr.udp.src_port;
        meta.dst_port = hdr.udp.dst_port;
        // Datagrams too short for any RPC message are not RPC, rather than broken.
        bool may_be_rpc = hdr.udp.length >= 20;
        transition select(may_be_rpc) {
            true:    parse_rpc;
            default: accept;
        }
    }

    state parse_rpc {
        packet.extract(hdr.rpc);
        transition select(hdr.rpc.message_type) {
            RPC_CALL: parse_rpc_call;
            default:  accept;
        }
    }

    state parse_rpc_call {
        packet.extract(hdr.rpc_call);
        transition select(hdr.rpc_call.rpc_version) {
            RPC_VERSION: parse_rpc_cred;
            default:     accept;
        }
    }

    // The flavor does not matter for its length: unknown ones are carried unread.
    state parse_rpc_cred {
        verify(hdr.rpc_call.cred_length <= RPC_AUTH_BODY_MAX, error.RpcAuthTooLong);
        packet.extract(hdr.rpc_cred, ((hdr.rpc_call.cred_length + 3) & 0xfffffffc) << 3);
        packet.extract(hdr.rpc_verifier);
        verify(hdr.rpc_verifier.length <= RPC_AUTH_BODY_MAX, error.RpcAuthTooLong);
        packet.extract(hdr.rpc_verifier_body, ((hdr.rpc_verifier.length + 3) & 0xfffffffc) << 3);
        transition select(hdr.rpc_call.program, hdr.rpc_call.program_version, hdr.rpc_call.procedure,
                          hdr.rpc_call.cred_flavor) {
            (NFS_PROGRAM, NFS_V3, 0, _): accept; // NULL has no arguments
            (NFS_PROGRAM, NFS_V3, _, 0): parse_nfs_fh;
            (NFS_PROGRAM, NFS_V3, _, 1): parse_nfs_fh;
            default:                     accept; // another program, or arguments RPCSEC_GSS may hide
        }
    }

    // Every NFSv3 procedure but NULL begins with the file handle of its (first) object.
    state parse_nfs_fh {
        packet.extract(hdr.nfs_fh_length);
        verify(hdr.nfs_fh_length.length <= NFS_FH_MAX, error.FileHandleTooLong);
        fh_octets = (hdr.nfs_fh_length.length + 3) & 0xfffffffc;
        bool has_prefix = fh_octets >= 16;
        transition select(has_prefix) {
            true:    parse_nfs_fh_prefix;
            default: parse_nfs_fh_rest;
        }
    }

    state parse_nfs_fh_prefix {
        packet.extract(hdr.nfs_fh_prefix);
        fh_octets = fh_octets - 16;
        transition parse_nfs_fh_rest;
    }

    state parse_nfs_fh_rest {
        packet.extract(hdr.nfs_fh_rest, fh_octets << 3);
        transition accept;
    }
}
