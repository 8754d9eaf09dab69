// How control flows: hit and miss, action_run, exit and return, entries with priorities, actions with directions.
#include <core.p4>
#include <v1model.p4>

header data_t {
    bit<8> a;
    bit<8> b;
    bit<16> c;
    bit<32> d;
    bit<8> trace;
    int<8> number;
    bit<48> e;
}

struct headers_t {
    data_t data;
}

struct metadata_t {
    bit<8> seen;
    bit<1> flag;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.data);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control inner(inout data_t data, in bit<8> limit, out bit<8> result) {
    action swap(inout bit<8> x, in bit<8> y, out bit<8> z) {
        z = x;
        x = y;
    }
    apply {
        result = 0;
        if (data.a > limit) return;
        swap(data.a, data.b, result);
        result = result |+| 8w200;
    }
}

control run(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<16>>(16) totals;
    register<bit<80>>(4) wide;
    direct_counter(CounterType.bytes) chosen;

    action leave_now(bit<9> port) {
        standard.egress_spec = port;
        exit;
    }
    action set(bit<8> value) { hdr.data.trace = value; }
    action add(bit<8> value, bit<32> more) {
        hdr.data.trace = hdr.data.trace + value;
        hdr.data.d = hdr.data.d |-| more;
    }
    action counted() { chosen.count(); }
    action number(int<8> by) {
        hdr.data.number = hdr.data.number |+| by;
        if (hdr.data.number < 0) hdr.data.number = -hdr.data.number;
        else hdr.data.number = hdr.data.number >> 2;
    }

    table by_priority {
        key = {
            hdr.data.a: ternary;
            hdr.data.c: ternary;
        }
        actions = { set; leave_now; NoAction; }
        default_action = set(0xdd);
        const entries = {
            (0x11, 0x1230 &&& 0xfff0): set(2);
            (0x12, 0x1234): leave_now(2);
            (0x10 &&& 0xf0, _): set(1);
            (_, 0x1234): set(3);
        }
    }
    table largest_first {
        key = { hdr.data.b: ternary; }
        actions = { set; NoAction; }
        default_action = NoAction;
        entries = {
            const priority = 10: (8w0x10 &&& 8w0xf0): set(0x10);
            priority = 30: (8w0x11): set(0x11);
            priority = 20: (8w0x11 &&& 8w0x33): set(0x12);
        }
    }
    @name("smallest") table smallest_first {
        key = { hdr.data.b: ternary; }
        actions = { set; NoAction; }
        default_action = NoAction;
        largest_priority_wins = false;
        priority_delta = 5;
        entries = {
            const priority = 3: (8w0x40 &&& 8w0xc0): set(0x40);
            const (8w0x41): set(0x41);
            priority = 90: (_): set(0x42);
        }
    }
    table choose {
        key = {
            hdr.data.a: exact;
            meta.flag: exact;
        }
        actions = { set; add; leave_now; number; counted; }
        default_action = set(0xee);
        counters = chosen;
    }
    table longest {
        key = {
            hdr.data.b: exact;
            hdr.data.d: lpm;
        }
        actions = { add; number; NoAction; }
        default_action = NoAction();
    }
    table other {
        key = {
            hdr.data.e: optional;
            hdr.data.c: range;
            hdr.data.number: exact;
        }
        actions = { set; add; leave_now; @defaultonly NoAction; }
        default_action = NoAction();
    }
    inner() nested;

    apply {
        standard.egress_spec = standard.ingress_port;
        if (!hdr.data.isValid()) return;
        meta.flag = hdr.data.c[0:0];
        if (by_priority.apply().hit) meta.seen = meta.seen + 1;
        else if (hdr.data.c[1:1] == 1) smallest_first.apply();
        else largest_first.apply();
        switch (choose.apply().action_run) {
            set: { nested.apply(hdr.data, 8w0x7f, meta.seen); }
            add:
            number: {
                if (longest.apply().miss) hdr.data.c = hdr.data.c + 1;
            }
            default: { other.apply(); }
        }
        switch (hdr.data.b) {
            1: { hdr.data.e[15:8] = hdr.data.a; }
            2:
            3: { hdr.data.e = (bit<48>) (hdr.data.d ++ hdr.data.a); }
            default: { hdr.data.e = hdr.data.e ^ 48w0x0f0f; }
        }
        bit<16> total;
        totals.read(total, (bit<32>) hdr.data.a[3:0]);
        total = total + hdr.data.c;
        totals.write((bit<32>) hdr.data.a[3:0], total);
        hdr.data.c = total;
        bit<80> sum;
        wide.read(sum, (bit<32>) hdr.data.a[1:0]);
        sum = sum * 3 + (bit<80>) hdr.data.e;
        wide.write((bit<32>) hdr.data.a[1:0], sum);
        hdr.data.e = sum[79:32];
        hdr.data.trace = hdr.data.trace + meta.seen;
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    action cut() { truncate(15); }
    action lengthen() { hdr.data.trace = (bit<8>) standard.packet_length; }
    action drop_it() { mark_to_drop(standard); }
    table finish {
        key = {
            standard.egress_port: exact;
            hdr.data.number: ternary;
        }
        actions = { cut; lengthen; NoAction; @tableonly drop_it; }
        default_action = NoAction();
    }
    apply {
        if (hdr.data.isValid()) finish.apply();
    }
}

control write(packet_out packet, in headers_t hdr) {
    apply { packet.emit(hdr.data); }
}

V1Switch(read(), nothing(), run(), leave(), nothing(), write()) main;
