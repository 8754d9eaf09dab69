#!/bin/sh
# Writes tshark's decode of each capture given, one line a frame, to the .tsv beside it.
# Fragments are not reassembled, so that every line is about the frame's own bytes.
for capture in "$@"; do
  tshark -r "$capture" -n -o ip.defragment:FALSE -T fields -E header=y -E occurrence=f \
    -e frame.number -e frame.time_epoch -e frame.len -e eth.dst -e eth.src -e eth.type \
    -e arp.opcode -e arp.src.hw_mac -e arp.src.proto_ipv4 -e arp.dst.hw_mac -e arp.dst.proto_ipv4 \
    -e ip.src -e ip.dst -e ip.dsfield -e ip.id -e ip.flags.df -e ip.flags.mf -e ip.frag_offset \
    -e ip.ttl -e ip.proto -e ip.hdr_len -e ip.len \
    -e udp.srcport -e udp.dstport -e udp.length \
    -e tcp.srcport -e tcp.dstport -e tcp.seq_raw -e tcp.ack_raw -e tcp.flags -e tcp.window_size_value \
    -e tcp.hdr_len -e tcp.len \
    -e rpc.xid -e rpc.msgtyp -e rpc.program -e rpc.programversion -e rpc.procedure \
    -e rpc.auth.flavor -e rpc.auth.machinename -e rpc.auth.uid -e rpc.auth.gid \
    -e rpc.replystat -e rpc.state_accept \
    -e portmap.port -e mount.path -e mount.status \
    -e nfs.fh.length -e nfs.fhandle -e nfs.name -e nfs.offset3 -e nfs.count3 -e nfs.status3 \
    >"${capture%.pcap}.tsv"
done
