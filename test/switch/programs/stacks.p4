// A stack of labels read to its end, pushed and popped; a union; a loop in the parser.
#include <core.p4>
#include <v1model.p4>

header command_t {
    bit<8> operation;  // 1: push one, 2: pop one, 3: push three, 4: copy the element `index` to the front
    bit<8> index;
}

header label_t {
    bit<20> label;
    bit<3> class;
    bit<1> bottom;
    bit<8> ttl;
}

header short_t { bit<8> kind; bit<8> value; }
header long_t { bit<8> kind; bit<32> value; }
header_union tail_t { short_t short; long_t long; }

header count_t { bit<8> labels; bit<8> tail; }

struct headers_t {
    count_t count;
    label_t[4] labels;
    tail_t tail;
}

struct metadata_t { command_t command; }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(meta.command);
        transition labels;
    }
    state labels {
        packet.extract(hdr.labels.next);
        transition select(hdr.labels.last.bottom) {
            0: labels;
            1: tail;
        }
    }
    state tail {
        transition select(packet.lookahead<bit<8>>()) {
            1: short;
            2: long;
            default: accept;
        }
    }
    state short { packet.extract(hdr.tail.short); transition accept; }
    state long { packet.extract(hdr.tail.long); transition accept; }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control edit(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        standard.egress_spec = 1;
        if (standard.parser_error == error.StackOutOfBounds) { standard.egress_spec = 2; }
        if (standard.parser_error == error.PacketTooShort) { standard.egress_spec = 3; }
        if (meta.command.operation == 1) {
            hdr.labels.push_front(1);
            hdr.labels[0].setValid();
            hdr.labels[0].label = 0xabcde;
        } else if (meta.command.operation == 2) {
            hdr.labels.pop_front(1);
        } else if (meta.command.operation == 3) {
            hdr.labels.push_front(3);
        } else if (meta.command.operation == 4) {
            hdr.labels[0] = hdr.labels[meta.command.index];
        }
        hdr.count.setValid();
        if (hdr.labels[0].isValid()) { hdr.count.labels = hdr.count.labels + 1; }
        if (hdr.labels[1].isValid()) { hdr.count.labels = hdr.count.labels + 1; }
        if (hdr.labels[2].isValid()) { hdr.count.labels = hdr.count.labels + 1; }
        if (hdr.labels[3].isValid()) { hdr.count.labels = hdr.count.labels + 1; }
        if (hdr.tail.short.isValid()) {
            hdr.count.tail = 1;
            hdr.tail.long.setValid();
            hdr.tail.long.value = 0x01020304;
        } else if (hdr.tail.long.isValid()) {
            hdr.count.tail = 2;
        }
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), edit(), pass(), nothing(), write()) main;
