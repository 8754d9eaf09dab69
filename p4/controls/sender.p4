// SPDX-License-Identifier: Apache-2.0
// Which store a response is from. One that sends from another address than it is reached at is not known here; what it
// answers is then anybody's request of that key.

control Sender(in headers_t hdr, out bit<16> sender_id) {
    action set_sender(bit<16> store_id) {
        sender_id = store_id;
    }

    table sender {
        key = { hdr.ethernet.src_addr : exact @name("src_mac"); }
        actions = { set_sender; @defaultonly NoAction; }
        const default_action = NoAction;
        size = STORES;
    }

    apply {
        sender_id = 0;
        sender.apply();
    }
}
