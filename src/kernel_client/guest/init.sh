#!/bin/sh
# The guest's only program besides what it starts: process 1 on the host's own file system, which is read-only here.
#
# The kernel's command line sets: ADDRESS (with prefix length), GATEWAY, SERVER (HOST:/EXPORT), NFS_OPTIONS, DIRECTORY
# (below the mount), RESULTS (a folder of the host, written to), WORKLOAD (the compiled program beside this script),
# SEED, DBENCH_SECONDS. The serial line says `mounted`, `progress COUNT` each second, `stopped` and `done`, or
# `failed: WHY`; the line `stop` ends the load.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
for folder in /run /tmp /var/lib/nfs /mnt; do mount -t tmpfs tmpfs "$folder"; done
[ -c /dev/ttyS0 ] || mount -t devtmpfs devtmpfs /dev
mkdir -p /mnt/results /mnt/share
stty -F /dev/ttyS0 raw -echo
exec </dev/ttyS0 >/dev/ttyS0

end() {
  echo "$1"
  sync
  exec "$WORKLOAD" off
}

mount -t hostfs -o "$RESULTS" none /mnt/results || end "failed: the host's folder $RESULTS cannot be mounted"
exec 2>/mnt/results/errors

ip link set lo up
ip addr add "$ADDRESS" dev vec0 && ip link set vec0 up && ip route add default via "$GATEWAY" ||
  end "failed: vec0 cannot be set up: $(tr '\n' ' ' </mnt/results/errors)"

mount -t nfs -o "$NFS_OPTIONS" "$SERVER" /mnt/share ||
  end "failed: mount -o $NFS_OPTIONS $SERVER: $(tr '\n' ' ' </mnt/results/errors)"
share=/mnt/share/$DIRECTORY
mkdir -p "$share/dbench" || end "failed: no folder can be made on the mount"
grep " /mnt/share " /proc/mounts >/mnt/results/mount
echo mounted

"$WORKLOAD" run "$share" /mnt/results "$SEED" &
workload=$!
while [ ! -e /tmp/stop ]; do
  dbench -c /usr/share/dbench/client.txt -D "$share/dbench" -t "$DBENCH_SECONDS" 2
  echo "exit code $?"
done >/mnt/results/dbench 2>&1 &
dbench=$!

read -r _
touch /tmp/stop
kill "$workload"
wait "$workload" || echo "the workload ended with $?" >&2
wait "$dbench"
echo stopped
cat /proc/net/rpc/nfs >/mnt/results/rpc
umount /mnt/share || echo "umount ended with $?" >&2
end done
