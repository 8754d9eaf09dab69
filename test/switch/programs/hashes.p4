// Every hash algorithm and checksum, over whole bytes and not, with and without the payload.
#include <core.p4>
#include <v1model.p4>

header input_t {
    bit<8> a;
    bit<4> b;
    bit<12> c;
    bit<64> wide;
    bit<16> size;
    bit<16> base;
}

header sums_t {
    bit<16> plain;
    bit<16> with_payload;
    bit<16> conditional;
}

header output_t {
    bit<16> crc16;
    bit<16> crc16_custom;
    bit<32> crc32;
    bit<32> crc32_custom;
    bit<16> csum16;
    bit<16> xor16;
    bit<64> identity;
    bit<32> of_bits;
    bit<32> ranged;
    bit<8> narrow;
}

struct headers_t {
    input_t input;
    sums_t sums;
    output_t output;
}

struct metadata_t { }

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.input);
        transition select(hdr.input.a) {
            0: accept;
            default: sums;
        }
    }
    state sums {
        packet.extract(hdr.sums);
        transition accept;
    }
}

control verify_sums(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(hdr.sums.isValid(), { hdr.input.a, hdr.input.b, hdr.input.c },
            hdr.sums.plain, HashAlgorithm.csum16);
        verify_checksum_with_payload(hdr.input.b == 1, { hdr.input.wide },
            hdr.sums.with_payload, HashAlgorithm.crc16);
    }
}

control run(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply {
        standard.egress_spec = standard.ingress_port;
        if (standard.parser_error != error.NoError) exit;
        hdr.output.setValid();
        hash(hdr.output.crc16, HashAlgorithm.crc16, 16w0, { hdr.input.a, hdr.input.b, hdr.input.c }, 32w0x10000);
        hash(hdr.output.crc16_custom, HashAlgorithm.crc16_custom, 16w0, { hdr.input.wide }, 32w0x10000);
        hash(hdr.output.crc32, HashAlgorithm.crc32, 32w0, { hdr.input.wide, hdr.input.a }, 64w0x100000000);
        hash(hdr.output.crc32_custom, HashAlgorithm.crc32_custom, 32w0, { hdr.input.wide }, 64w0x100000000);
        hash(hdr.output.csum16, HashAlgorithm.csum16, 16w0, { hdr.input.wide, hdr.input.a }, 32w0x10000);
        hash(hdr.output.xor16, HashAlgorithm.xor16, 16w0, { hdr.input.wide, hdr.input.a }, 32w0x10000);
        hash(hdr.output.identity, HashAlgorithm.identity, 64w0, { hdr.input.wide }, 64w0xffffffffffffffff);
        // Not a whole number of bytes: padded behind.
        hash(hdr.output.of_bits, HashAlgorithm.crc32, 32w0, { hdr.input.b, hdr.input.wide, hdr.input.b, hdr.input.b },
            64w0x100000000);
        hash(hdr.output.ranged, HashAlgorithm.crc32, hdr.input.base, { hdr.input.wide, 4w9, hdr.input.c },
            hdr.input.size);
        hash(hdr.output.narrow, HashAlgorithm.identity, 8w250, { hdr.input.c, hdr.input.b }, 8w13);
        if (standard.checksum_error == 1) hdr.input.a = hdr.input.a ^ 0x80;
    }
}

control leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control update_sums(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(hdr.sums.isValid(), { hdr.input.a, hdr.input.b, hdr.input.c, hdr.input.wide },
            hdr.sums.plain, HashAlgorithm.csum16);
        update_checksum_with_payload(hdr.sums.isValid(), { hdr.sums.plain, hdr.input.wide },
            hdr.sums.with_payload, HashAlgorithm.csum16);
        update_checksum(hdr.sums.isValid() && hdr.input.b == 2, { hdr.input.size, hdr.input.base },
            hdr.sums.conditional, HashAlgorithm.xor16);
    }
}

control write(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.input);
        packet.emit(hdr.sums);
        packet.emit(hdr.output);
    }
}

V1Switch(read(), verify_sums(), run(), leave(), update_sums(), write()) main;
