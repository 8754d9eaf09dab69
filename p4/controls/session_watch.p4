// SPDX-License-Identifier: Apache-2.0
// Where TCP connections begin and end the controller is to see, so that it can have those of a store that dies reset at once.
// A copy that is lost costs time only: such a connection is reset when its client next sends something.

control SessionWatch(in headers_t hdr, inout metadata_t meta) {
    apply {
        if (meta.mode == MODE_SESSION && meta.verdict == VERDICT_ROUTE && hdr.tcp.isValid()
            && (hdr.tcp.flag_syn == 1 || hdr.tcp.flag_fin == 1 || hdr.tcp.flag_rst == 1)) {
            meta.punt_reason = PUNT_SESSION;
        }
    }
}
