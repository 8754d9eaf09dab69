#!/bin/sh
# Writes what tshark reads out of NFSv3 messages to the .values.tsv beside each capture given, one line a message;
# what occurs several times in a message is separated by commas.
for capture in "$@"; do
  tshark -r "$capture" -n -Y nfs -T fields -E header=y -E occurrence=a -E aggregator=, \
    -e frame.number -e nfs.fattr3.type -e nfs.fattr3.nlink -e nfs.fattr3.uid -e nfs.fattr3.gid \
    -e nfs.fattr3.size -e nfs.fattr3.used -e nfs.fattr3.fsid -e nfs.fattr3.fileid \
    -e nfs.set_size -e nfs.symlink.to -e nfs.createmode \
    -e nfs.readdir.entry3.name -e nfs.readdir.entry3.cookie \
    -e nfs.fsinfo.rtmax -e nfs.fsinfo.wtpref -e nfs.fsinfo.maxfilesize \
    -e nfs.fsstat3_resok.tbytes -e nfs.fsstat3_resok.ffiles -e nfs.pathconf.name_max \
    >"${capture%.pcap}.values.tsv"
done
