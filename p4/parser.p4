// SPDX-License-Identifier: Apache-2.0

error {
    ArpHeader,
    Ipv4Header,
    RpcAuthTooLong,
    FileHandleTooLong,
    BeyondDatagram
}

parser StoreswitchParser(packet_in packet,
                         out headers_t hdr,
                         inout metadata_t meta,
                         inout standard_metadata_t standard_metadata) {
    // Padded to XDR's multiple of four.
    bit<32> fh_octets;
    bit<32> nlm_octets;
    // The link may pad a packet with anything: what is read of it must be its own. Octets of the UDP payload that are
    // here, and those of the headers read from it.
    bit<16> ip_octets;
    bit<16> octets;
    bit<16> octets_read;

    state start {
        transition select(standard_metadata.ingress_port) {
            CPU_PORT: parse_packet_out;
            default:  parse_ethernet;
        }
    }

    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition select(hdr.packet_out.operation) {
            PACKET_OUT_SEND_LAST:         parse_ethernet;
            PACKET_OUT_SEND_LAST_GATEWAY: parse_ethernet;
            default:                      accept;
        }
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
        ip_octets = hdr.ipv4.total_length - ((bit<16>)hdr.ipv4.ihl << 2);
        verify(hdr.udp.length >= 8 && hdr.ipv4.total_length >= ((bit<16>)hdr.ipv4.ihl << 2) + 8
               && (hdr.udp.length <= ip_octets || hdr.ipv4.flag_more_fragments == 1), error.BeyondDatagram);
        octets = (hdr.udp.length < ip_octets ? hdr.udp.length : ip_octets) - 8;
        // Datagrams too short for any RPC message are not RPC, rather than broken.
        bool may_be_rpc = octets >= 12;
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
        octets_read = 40 + (bit<16>)((hdr.rpc_call.cred_length + 3) & 0xfffffffc)
                         + (bit<16>)((hdr.rpc_verifier.length + 3) & 0xfffffffc);
        transition select(hdr.rpc_call.program, hdr.rpc_call.program_version, hdr.rpc_call.procedure,
                          hdr.rpc_call.cred_flavor) {
            (NFS_PROGRAM, NFS_V3, 0, _):         check_length; // NULL has no arguments
            (NFS_PROGRAM, NFS_V3, _, AUTH_NONE): parse_nfs_fh;
            (NFS_PROGRAM, NFS_V3, _, AUTH_SYS):  parse_nfs_fh;
            (NLM_PROGRAM, _, _, AUTH_NONE):      parse_nlm;
            (NLM_PROGRAM, _, _, AUTH_SYS):       parse_nlm;
            default:                             check_length; // another program, or arguments RPCSEC_GSS may hide
        }
    }

    // The procedures that name a file; all versions have them alike.
    state parse_nlm {
        transition select(hdr.rpc_call.procedure) {
            1:       parse_nlm_cookie; // TEST
            2:       parse_nlm_cookie; // LOCK
            3:       parse_nlm_cookie; // CANCEL
            4:       parse_nlm_cookie; // UNLOCK
            6:       parse_nlm_cookie; // TEST_MSG
            7:       parse_nlm_cookie; // LOCK_MSG
            8:       parse_nlm_cookie; // CANCEL_MSG
            9:       parse_nlm_cookie; // UNLOCK_MSG
            20:      parse_nlm_cookie; // SHARE
            21:      parse_nlm_cookie; // UNSHARE
            22:      parse_nlm_cookie; // NM_LOCK
            default: check_length;
        }
    }

    state parse_nlm_cookie {
        packet.extract(hdr.nlm_cookie_length);
        octets_read = octets_read + 4;
        nlm_octets = (hdr.nlm_cookie_length.length + 3) & 0xfffffffc;
        bool is_long = hdr.nlm_cookie_length.length > NLM_COOKIE_MAX;
        transition select(is_long) {
            true:    check_length;
            default: parse_nlm_cookie_data;
        }
    }

    state parse_nlm_cookie_data {
        packet.extract(hdr.nlm_cookie, nlm_octets << 3);
        octets_read = octets_read + (bit<16>)nlm_octets;
        transition select(hdr.rpc_call.procedure) {
            1:       parse_nlm_exclusive;
            6:       parse_nlm_exclusive;
            2:       parse_nlm_block;
            3:       parse_nlm_block;
            7:       parse_nlm_block;
            8:       parse_nlm_block;
            22:      parse_nlm_block;
            default: parse_nlm_caller;
        }
    }

    state parse_nlm_block {
        packet.extract(hdr.nlm_block);
        octets_read = octets_read + 4;
        transition parse_nlm_exclusive;
    }

    state parse_nlm_exclusive {
        packet.extract(hdr.nlm_exclusive);
        octets_read = octets_read + 4;
        transition parse_nlm_caller;
    }

    state parse_nlm_caller {
        packet.extract(hdr.nlm_caller_length);
        octets_read = octets_read + 4;
        nlm_octets = (hdr.nlm_caller_length.length + 3) & 0xfffffffc;
        bool is_long = hdr.nlm_caller_length.length > NLM_CALLER_MAX;
        transition select(is_long) {
            true:    check_length;
            default: parse_nlm_caller_data;
        }
    }

    state parse_nlm_caller_data {
        packet.extract(hdr.nlm_caller, nlm_octets << 3);
        octets_read = octets_read + (bit<16>)nlm_octets;
        transition parse_nfs_fh;
    }

    // Every NFSv3 procedure but NULL begins with the file handle of its (first) object. NLM carries the same handle.
    state parse_nfs_fh {
        packet.extract(hdr.nfs_fh_length);
        verify(hdr.nfs_fh_length.length <= NFS_FH_MAX, error.FileHandleTooLong);
        fh_octets = (hdr.nfs_fh_length.length + 3) & 0xfffffffc;
        octets_read = octets_read + 4 + (bit<16>)fh_octets;
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
        transition check_length;
    }

    state check_length {
        verify(octets_read <= octets, error.BeyondDatagram);
        transition accept;
    }
}
