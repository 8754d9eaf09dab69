// SPDX-License-Identifier: Apache-2.0
// Tells the controller where a packet came from, why it is shown and what is known of it.

control PacketIn(inout headers_t hdr, in metadata_t meta) {
    apply {
        hdr.packet_in.setValid();
        hdr.packet_in.ingress_port = meta.ingress_port;
        hdr.packet_in.is_sampled = meta.is_sampled;
        hdr.packet_in._pad = 0;
        hdr.packet_in.reason = meta.punt_reason;
        hdr.packet_in.service_id = meta.service_id;
        hdr.packet_in.store_id = meta.store_id;
        hdr.packet_in.fragment_next = meta.fragment_next;
        hdr.packet_in.time_us = meta.time_us;
        if (meta.punt_reason == PUNT_RECORD) {
            CUT_SHORT(RECORD_OCTETS);
        }
    }
}
