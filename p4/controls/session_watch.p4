// SPDX-License-Identifier: Apache-2.0
// Where TCP connections begin and end the controller is to see, so that it pins them (session_pin.p4) and can have those of a store that
// dies reset at once. Copies are lost: while no controller is in charge, and beyond what a client may make it do (client_rate.p4). So a
// connection that is not pinned where it is is shown again, once in a while, as long as a row of the request table knows it.

control SessionWatch(in headers_t hdr, inout metadata_t meta) {
    apply {
        if (meta.mode == MODE_SESSION && meta.verdict == VERDICT_ROUTE && hdr.tcp.isValid()
            && (hdr.tcp.flag_syn == 1 || hdr.tcp.flag_fin == 1 || hdr.tcp.flag_rst == 1 || meta.is_unpinned == 1)) {
            meta.punt_reason = PUNT_SESSION;
        }
    }
}
