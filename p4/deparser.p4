// SPDX-License-Identifier: Apache-2.0

control StoreswitchDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.packet_in);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.arp);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.ipv4_options);
        packet.emit(hdr.udp);
        packet.emit(hdr.tcp);
        packet.emit(hdr.rpc);
        packet.emit(hdr.rpc_call);
        packet.emit(hdr.rpc_cred);
        packet.emit(hdr.rpc_verifier);
        packet.emit(hdr.rpc_verifier_body);
        packet.emit(hdr.nlm_cookie_length);
        packet.emit(hdr.nlm_cookie);
        packet.emit(hdr.nlm_block);
        packet.emit(hdr.nlm_exclusive);
        packet.emit(hdr.nlm_caller_length);
        packet.emit(hdr.nlm_caller);
        packet.emit(hdr.nfs_fh_length);
        packet.emit(hdr.nfs_fh_prefix);
        packet.emit(hdr.nfs_fh_rest);
    }
}
