// SPDX-License-Identifier: Apache-2.0
// A frame from the controller leaves by the port it names, untouched.

control PacketOut(in headers_t hdr, inout metadata_t meta) {
    apply {
        meta.out_port = hdr.packet_out.egress_port;
        meta.verdict = VERDICT_BRIDGE;
    }
}
