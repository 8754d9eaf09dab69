// SPDX-License-Identifier: Apache-2.0
// Storeswitch: many stores look like one. Wiring only; each control has its file.
//
//   packet-out ------------------------------------------------------------------------+
//   port role -> admit -> ARP -> host traffic                                          |
//                  |              (virtual service? no -> local address? own -> host)  |
//                  v                                                                   v
//                virtual service -> class, pool -> request table, slot -> fragment -> store -+-> verdict
//                  |                                                                   |     ^ |
//                  +- response: request table (times) -> gateway? or client route, MTU +-----+ v
//                                                                         record      egress: rewrite / packet-in

#include <core.p4>
#include "targets/v1model.p4"
#include "constants.p4"
#include "sizes.p4"
#include "headers.p4"
#include "metadata.p4"
#include "parser.p4"
#include "controls/packet_out.p4"
#include "controls/port_role.p4"
#include "controls/client_limit.p4"
#include "controls/admit.p4"
#include "controls/arp.p4"
#include "controls/host_port.p4"
#include "controls/virtual_service.p4"
#include "controls/local_address.p4"
#include "controls/client_learn.p4"
#include "controls/procedure_class.p4"
#include "controls/pool.p4"
#include "controls/draw.p4"
#include "controls/outstanding.p4"
#include "controls/placement.p4"
#include "controls/select_store.p4"
#include "controls/session_pin.p4"
#include "controls/sender.p4"
#include "controls/request.p4"
#include "controls/fragment.p4"
#include "controls/store.p4"
#include "controls/client_route.p4"
#include "controls/port_mtu.p4"
#include "controls/gateway.p4"
#include "controls/session_watch.p4"
#include "controls/client_rate.p4"
#include "controls/record.p4"
#include "controls/service_request.p4"
#include "controls/verdict.p4"
#include "controls/rewrite.p4"
#include "controls/packet_in.p4"
#include "deparser.p4"

control StoreswitchIngress(inout headers_t hdr, inout metadata_t meta,
                           inout standard_metadata_t standard_metadata) {
    PacketOut() from_controller;
    PortRole() port_role;
    ClientLimit() client_limit;
    Admit() admit;
    Arp() arp;
    VirtualService() virtual_service;
    LocalAddress() local_address;
    ClientLearn() client_learn;
    ServiceRequest() service_request;
    Request() request;
    Fragment() fragment;
    Store() store;
    ClientRoute() client_route;
    PortMtu() port_mtu;
    Gateway() gateway;
    SessionWatch() session_watch;
    ClientRate() client_rate; // packets for the controller
    ClientRate() client_rows; // rows of the fragment table
    Record() record;
    HostPort() host_port;
    Verdict() verdict;

    // Unicast to somebody else: from a store it is a response, from a client it has no business here.
    action not_local() {
        if (meta.role == ROLE_INTERNAL) {
            meta.is_response = 1;
        } else {
            meta.verdict = VERDICT_DROP;
            meta.drop_reason = DROP_NOT_OURS;
        }
    }

    action drop(drop_t reason) {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = reason;
    }

    apply {
        meta.ingress_port = standard_metadata.ingress_port;
        meta.time_us = NOW_US;

        if (hdr.packet_out.isValid()) {
            from_controller.apply(hdr, meta);
            if (hdr.packet_out.operation != PACKET_OUT_SEND && hdr.ipv4.isValid()) {
                fragment.apply(FragmentOperation.END, hdr, meta);
            }
        } else {
            port_role.apply(meta);
            client_limit.apply(meta);
            if (meta.verdict == VERDICT_NONE) {
                admit.apply(hdr, meta);
            }
            if (meta.verdict == VERDICT_NONE) {
                if (standard_metadata.parser_error == error.ArpHeader
                    || standard_metadata.parser_error == error.Ipv4Header
                    || (hdr.ethernet.ether_type == ETHER_TYPE_ARP && !hdr.arp.isValid())
                    || (hdr.ethernet.ether_type == ETHER_TYPE_IPV4 && !hdr.ipv4.isValid())) {
                    drop(DROP_MALFORMED);
                } else if (hdr.arp.isValid()) {
                    arp.apply(hdr, meta, standard_metadata);
                } else if (hdr.ipv4.isValid() && meta.role != ROLE_HOST) {
                    meta.ip_protocol = hdr.ipv4.protocol;
                    if (hdr.ipv4.flag_more_fragments == 1 || hdr.ipv4.fragment_offset != 0) {
                        meta.is_fragment = 1;
                    }
                    if (hdr.ipv4.fragment_offset != 0) {
                        meta.is_follower = 1;
                    }
                    virtual_service.apply(meta);
                    if (meta.mode != MODE_NONE) {
                        if (meta.role == ROLE_EXTERNAL) {
                            client_learn.apply(hdr, meta);
                        }
                        service_request.apply(hdr, meta, standard_metadata);
                    } else {
                        local_address.apply(meta);
                        if (meta.mode == MODE_FOLLOW) {
                            if (meta.ip_protocol != PROTOCOL_UDP) {
                                drop(DROP_FRAGMENTED_REQUEST);
                            }
                        } else if (meta.verdict == VERDICT_NONE && meta.is_own == 0
                                   && hdr.ethernet.dst_addr[40:40] == 0) {
                            not_local();
                        }
                    }
                    if (meta.verdict == VERDICT_NONE && meta.is_fragment == 1
                        && (meta.mode == MODE_REQUEST || meta.mode == MODE_FOLLOW)) {
                        fragment.apply(FragmentOperation.CHECK, hdr, meta);
                        if (meta.verdict == VERDICT_NONE && meta.charge != 0 && meta.rate_interval != 0) {
                            client_rate.apply(ClientRateOperation.CHARGE, meta.charge, meta);
                        }
                        if (meta.is_opening == 1 && meta.rate_interval != 0) {
                            client_rows.apply(ClientRateOperation.CHARGE, 1, meta);
                        }
                        if (meta.verdict == VERDICT_NONE && meta.mode == MODE_FOLLOW) {
                            fragment.apply(FragmentOperation.FOLLOW, hdr, meta);
                        }
                    }
                }
            }
        }
        if (meta.is_completed == 1
            || (meta.verdict == VERDICT_NONE
                && (meta.mode == MODE_REQUEST || meta.mode == MODE_SESSION || meta.is_response == 1))) {
            request.apply(hdr, meta);
        }
        if (meta.verdict == VERDICT_NONE && meta.is_fragment == 1 && meta.mode == MODE_REQUEST) {
            fragment.apply(FragmentOperation.OPEN, hdr, meta);
        }
        if (meta.is_closing == 1 && meta.rate_interval != 0) {
            client_rows.apply(ClientRateOperation.REFUND, 1, meta);
        }
        if (meta.verdict == VERDICT_NONE) {
            if (meta.mode != MODE_NONE) {
                store.apply(meta);
            } else if (meta.is_response == 1) {
                gateway.apply(hdr, meta);
                if (meta.verdict == VERDICT_NONE) {
                    client_route.apply(meta);
                    if (meta.verdict == VERDICT_ROUTE) {
                        port_mtu.apply(hdr, meta);
                    }
                }
            } else {
                // Whatever no control has claimed is the host's.
                host_port.apply(meta);
            }
        }
        session_watch.apply(hdr, meta);
        // Before records, which the operator asks for: they are as many as the sample says.
        if (meta.charge == 0 && meta.mode != MODE_FOLLOW && meta.rate_interval != 0
            && (meta.verdict == VERDICT_PUNT || IS_COPIED(meta.punt_reason))) {
            client_rate.apply(ClientRateOperation.CHARGE, 1, meta);
        }
        record.apply(meta);
        verdict.apply(meta, standard_metadata);
    }
}

control StoreswitchEgress(inout headers_t hdr, inout metadata_t meta,
                          inout standard_metadata_t standard_metadata) {
    Rewrite() rewrite;
    PacketIn() to_controller;

    apply {
        if (standard_metadata.egress_port == CPU_PORT) {
            to_controller.apply(hdr, meta);
        } else if (meta.verdict == VERDICT_ROUTE) {
            rewrite.apply(hdr, meta, standard_metadata);
        }
    }
}

// Nothing above Ethernet changes, so no checksum is ever computed: [0053].
control NoVerify(inout headers_t hdr, inout metadata_t meta) {
    apply {}
}

control NoUpdate(inout headers_t hdr, inout metadata_t meta) {
    apply {}
}

V1Switch(StoreswitchParser(), NoVerify(), StoreswitchIngress(), StoreswitchEgress(), NoUpdate(),
         StoreswitchDeparser()) main;
