// SPDX-License-Identifier: Apache-2.0
// Which store a TCP connection is at, by the controller, which has seen it begin. A row of the request table says the same, and
// first; but rows are lost to silence and to newer requests, and then the slot may be another store's.

control SessionPin(inout metadata_t meta) {
    action pin(bit<16> store_id) {
        meta.preferred_id = store_id;
        meta.is_preferred = 1;
    }

    table session_pin {
        key = {
            meta.src_addr : exact @name("src_addr");
            meta.src_port : exact @name("src_port");
            meta.dst_addr : exact @name("dst_addr");
            meta.dst_port : exact @name("dst_port");
        }
        actions = { pin; @defaultonly NoAction; }
        const default_action = NoAction;
        size = SESSIONS;
    }

    apply {
        session_pin.apply();
    }
}
