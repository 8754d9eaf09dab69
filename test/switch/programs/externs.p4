// Registers, hashes, random numbers, digests, logging.
#include <core.p4>
#include <v1model.p4>

header input_t {
    bit<8> index;
    bit<64> value;
    bit<32> word;
    bit<20> odd;
    bit<4> pad;
}

header output_t {
    bit<64> before;
    bit<16> crc16;
    bit<32> crc32;
    bit<16> csum16;
    bit<64> identity;
    bit<16> xor16;
    bit<32> based;
    bit<16> random;
}

struct headers_t {
    input_t input;
    output_t output;
}

struct metadata_t { }

struct seen_t {
    bit<9> port;
    bit<64> value;
}

parser read(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.input);
        transition accept;
    }
}

control nothing(inout headers_t hdr, inout metadata_t meta) { apply { } }

#define DATA { hdr.input.value, hdr.input.word, hdr.input.odd }

control use(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<64>>(16) store;
    apply {
        standard.egress_spec = 1;
        hdr.output.setValid();
        store.read(hdr.output.before, (bit<32>) hdr.input.index);
        store.write((bit<32>) hdr.input.index, hdr.input.value);
        hash(hdr.output.crc16, HashAlgorithm.crc16, 16w0, DATA, 32w0x10000);
        hash(hdr.output.crc32, HashAlgorithm.crc32, 32w0, DATA, 64w0x100000000);
        hash(hdr.output.csum16, HashAlgorithm.csum16, 16w0, DATA, 32w0x10000);
        hash(hdr.output.identity, HashAlgorithm.identity, 64w0, { hdr.input.value }, 64w0xffffffffffffffff);
        hash(hdr.output.xor16, HashAlgorithm.xor16, 16w0, DATA, 32w0x10000);
        hash(hdr.output.based, HashAlgorithm.crc32, 32w1000, DATA, 32w7);
        random(hdr.output.random, 16w100, 16w200);
        digest<seen_t>(1, { standard.ingress_port, hdr.input.value });
        log_msg("index {} value {}", { hdr.input.index, hdr.input.value });
        assert(hdr.input.index != 0xff);
        hdr.input.setInvalid();
    }
}

control pass(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply { } }

control write(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(read(), nothing(), use(), pass(), nothing(), write()) main;
