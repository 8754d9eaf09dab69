// SPDX-License-Identifier: Apache-2.0
// Tells the controller where a packet came from and why it is shown.

control PacketIn(inout headers_t hdr, in metadata_t meta) {
    apply {
        hdr.packet_in.setValid();
        hdr.packet_in.ingress_port = meta.ingress_port;
        hdr.packet_in._pad = 0;
        hdr.packet_in.reason = meta.punt_reason;
    }
}
