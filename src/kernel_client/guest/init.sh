#!/bin/sh
# The guest's only program besides what it starts: process 1 on the host's own file system, which is read-only here.
#
# The kernel's command line sets: ADDRESS (with prefix length), GATEWAY, FILE_SYSTEM (nfs or cifs), SOURCE, MOUNT_OPTIONS,
# DIRECTORY (below the mount), RESULTS (a folder of the host, written to), WORKLOAD (the compiled program beside this
# script), SEED, DBENCH_SECONDS. The serial line says `mounted`, `progress COUNT` each second, `stopped` and `done`, or
# `failed: WHY`; the line `stop` ends the load.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
[ -c /dev/ttyS0 ] || mount -t devtmpfs devtmpfs /dev
mkdir -p /run/results /run/share
stty -F /dev/ttyS0 raw -echo
exec </dev/ttyS0 >/dev/ttyS0

end() {
  echo "$1"
  sync
  exec "$WORKLOAD" off
}

mount -t hostfs -o "$RESULTS" none /run/results || end "failed: the host's folder $RESULTS cannot be mounted"
exec 2>/run/results/errors

ip link set lo up
ip addr add "$ADDRESS" dev vec0 && ip link set vec0 up && ip route add default via "$GATEWAY" ||
  end "failed: vec0 cannot be set up: $(tr '\n' ' ' </run/results/errors)"

mount -t "$FILE_SYSTEM" -o "$MOUNT_OPTIONS" "$SOURCE" /run/share ||
  end "failed: mount -t $FILE_SYSTEM -o $MOUNT_OPTIONS $SOURCE: $(tr '\n' ' ' </run/results/errors)"
share=/run/share/$DIRECTORY
mkdir -p "$share/dbench" || end "failed: no folder can be made on the mount"
grep " /run/share " /proc/mounts >/run/results/mount
echo mounted

"$WORKLOAD" run "$share" /run/results "$SEED" &
workload=$!
while [ ! -e /run/stop ]; do
  dbench -c /usr/share/dbench/client.txt -D "$share/dbench" -t "$DBENCH_SECONDS" 2
  echo "exit code $?"
done >/run/results/dbench 2>&1 &
dbench=$!

read -r _
touch /run/stop
kill "$workload"
wait "$workload" || end "failed: the load ended with $?: $(tr '\n' ' ' </run/results/errors)"
wait "$dbench"
echo stopped
cat /proc/net/rpc/nfs >/run/results/rpc
cat /proc/fs/cifs/Stats >/run/results/smb
umount /run/share || end "failed: umount: $(tr '\n' ' ' </run/results/errors)"
end done
