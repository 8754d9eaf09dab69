// SPDX-License-Identifier: Apache-2.0
// Which service of which virtual store a packet is for, if any.

control VirtualService(inout metadata_t meta) {
    counter(SERVICES, CounterType.packets_and_bytes) service_requests;

    // Of 65536 requests, those whose hash is below `sample_below` are recorded.
    action request(bit<16> service_id, bit<16> pool_id, bit<32> sample_below) {
        meta.service_id = service_id;
        meta.pool_id = pool_id;
        meta.sample_below = sample_below;
        meta.mode = MODE_REQUEST;
        service_requests.count((bit<32>)service_id);
    }

    action session(bit<16> service_id, bit<16> pool_id) {
        meta.service_id = service_id;
        meta.pool_id = pool_id;
        meta.mode = MODE_SESSION;
        meta.placement = CLASS_BY_SESSION;
        service_requests.count((bit<32>)service_id);
    }

    action terminate(bit<16> service_id) {
        meta.service_id = service_id;
        meta.mode = MODE_TERMINATE;
        service_requests.count((bit<32>)service_id);
    }

    action slow(bit<16> service_id) {
        meta.service_id = service_id;
        meta.mode = MODE_SLOW;
        service_requests.count((bit<32>)service_id);
    }

    table virtual_service {
        // By role, since a service is for one side only: the controller's own is not for clients.
        key = {
            meta.role        : exact @name("role");
            meta.dst_addr    : exact @name("dst_addr");
            meta.ip_protocol : exact @name("protocol");
            meta.dst_port    : exact @name("dst_port");
        }
        actions = { request; session; terminate; slow; @defaultonly NoAction; }
        const default_action = NoAction;
        size = SERVICES;
    }

    apply {
        virtual_service.apply();
    }
}
