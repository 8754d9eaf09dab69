// What a parser can do: lookahead, advance, varbit, verify, header unions and stacks of them, errors of its own.
#include <core.p4>
#include <v1model.p4>

error {
    BadVersion,
    TooManyOptions
}

header base_t {
    bit<4> version;
    bit<4> options;
    bit<8> kind;
    bit<16> length;
}

header var_t {
    bit<8> size;
    bit<8> tag;
    varbit<120> data;
    bit<8> after;
}

header short_t {
    bit<8> kind;
    bit<8> value;
}

header long_t {
    bit<8> kind;
    bit<24> value;
}

header wide_t {
    bit<8> kind;
    bit<70> value;
    int<18> number;
}

header_union option_t {
    short_t small;
    long_t large;
    wide_t wide;
}

header report_t {
    bit<8> error_code;
    bit<8> seen;
    bit<32> ahead;
    bit<16> length;
}

struct headers_t {
    report_t report;
    base_t base;
    var_t var;
    option_t[3] options;
    option_t single;
}

struct metadata_t {
    bit<32> ahead;
    bit<8> left;
    bit<8> seen;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        meta.ahead = packet.lookahead<bit<32>>();
        packet.extract(hdr.base);
        verify(hdr.base.version < 9, error.BadVersion);
        meta.left = (bit<8>) hdr.base.options;
        transition select(hdr.base.kind, hdr.base.version) {
            (0, _): accept;
            (1, _): variable;
            (2 .. 4, 4w1 &&& 4w1): skip;
            (2 .. 4, _): options;
            (5, _): single;
            (0x40 &&& 0xc0, _): skip;
        }
    }
    state skip {
        packet.advance((bit<32>) hdr.base.length[3:0] * 4);
        transition options;
    }
    state variable {
        packet.extract(hdr.var, (bit<32>) packet.lookahead<bit<8>>() * 8);
        transition select(hdr.var.tag) {
            7: options;
            default: accept;
        }
    }
    state options {
        verify(meta.left <= 4, error.TooManyOptions);
        transition select(meta.left) {
            0: accept;
            default: option;
        }
    }
    state option {
        meta.left = meta.left - 1;
        meta.seen = meta.seen + 1;
        transition select(packet.lookahead<bit<8>>()) {
            1: small;
            2: large;
            3: wide;
        }
    }
    state small {
        packet.extract(hdr.options.next.small);
        transition options;
    }
    state large {
        packet.extract(hdr.options.next.large);
        transition options;
    }
    state wide {
        packet.extract(hdr.options.next.wide);
        transition options;
    }
    state single {
        transition select(packet.lookahead<short_t>().kind) {
            1: single_small;
            2: single_large;
            _: single_wide;
        }
    }
    state single_small {
        packet.extract(hdr.single.small);
        transition accept;
    }
    state single_large {
        packet.extract(hdr.single.large);
        transition accept;
    }
    state single_wide {
        packet.extract(hdr.single.wide);
        transition reject;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

control run(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        standard.egress_spec = standard.ingress_port;
        hdr.report.setValid();
        hdr.report.ahead = meta.ahead;
        hdr.report.seen = meta.seen;
        hdr.report.length = (bit<16>) standard.packet_length;
        if (standard.parser_error == error.NoError) hdr.report.error_code = 0;
        else if (standard.parser_error == error.PacketTooShort) hdr.report.error_code = 1;
        else if (standard.parser_error == error.NoMatch) hdr.report.error_code = 2;
        else if (standard.parser_error == error.StackOutOfBounds) hdr.report.error_code = 3;
        else if (standard.parser_error == error.HeaderTooShort) hdr.report.error_code = 4;
        else if (standard.parser_error == error.ParserInvalidArgument) hdr.report.error_code = 5;
        else if (standard.parser_error == error.BadVersion) hdr.report.error_code = 6;
        else if (standard.parser_error == error.TooManyOptions) hdr.report.error_code = 7;
        else hdr.report.error_code = 99;
        if (hdr.single.small.isValid() && hdr.base.version == 3) {
            hdr.single.large.setValid();
            hdr.single.large.kind = 2;
            hdr.single.large.value = 0x123456;
        } else if (hdr.single.wide.isValid()) {
            hdr.single.wide.number = -hdr.single.wide.number;
            if (hdr.single.wide.number < 5) hdr.single.wide.value = hdr.single.wide.value << 3;
        }
        if (hdr.var.isValid() && hdr.base.version == 2) hdr.var.setInvalid();
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.report);
        packet.emit(hdr.base);
        packet.emit(hdr.var);
        packet.emit(hdr.options);
        packet.emit(hdr.single);
    }
}

V1Switch(read(), nothing(), run(), leave(), nothing(), write()) main;
