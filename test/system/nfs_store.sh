#!/bin/bash
# A store by itself, with its own /run and /var/lib/nfs: ip netns exec NS nfs_store.sh FOLDER
# It exports FOLDER/share as /share. Commands come as lines on stdin; each is answered by a line on stdout:
#   start EPOCH   nfs-ganesha with this write verifier; answers its process id
#   kill          ends it at once, and answers 0
# At the end of stdin everything ends.
folder=$1
mkdir -p "$folder"/{share,recovery,nfs/sm,nfs/sm.bak,nfs/ganesha}
mount -t tmpfs tmpfs /run
mkdir -p /run/rpcbind /run/ganesha
chown -R statd "$folder/nfs"
mount --bind "$folder/nfs" /var/lib/nfs
cat >"$folder/ganesha.conf" <<CONFIG
NFS_CORE_PARAM {
  Protocols = 3, 4; mount_path_pseudo = true;
  NFS_Port = 2049; MNT_Port = 20048; NLM_Port = 32803; Rquota_Port = 875; Enable_UDP = true;
}
MDCACHE { Dir_Chunk = 0; }
NFSv4 { Graceless = true; RecoveryRoot = $folder/recovery; RecoveryBackend = fs; }
EXPORT {
  Export_Id = 77; Attr_Expiration_Time = 0;
  MaxRead = 32768; MaxWrite = 32768; PrefRead = 32768; PrefWrite = 32768;
  Path = $folder/share; Pseudo = /share; Access_Type = RW; Squash = No_Root_Squash; SecType = sys;
  Protocols = 3, 4; Transports = UDP, TCP; FSAL { Name = VFS; }
}
CONFIG

# Commands are not the daemons' input.
exec 3<&0 </dev/null 4>&1 >"$folder/daemons.log" 2>&1
rpcbind -w -f &
rpcbind=$!
for _ in $(seq 100); do [ -S /run/rpcbind.sock ] && break; sleep 0.05; done
rpc.statd -F -L -p 662 &
statd=$!
for _ in $(seq 100); do rpcinfo -u 127.0.0.1 100024 && break; sleep 0.05; done

while read -r command epoch <&3; do
  case $command in
    start)
      ganesha.nfsd -F -f "$folder/ganesha.conf" -L "$folder/ganesha.log" -p /run/ganesha/pid -N NIV_EVENT -E "$epoch" &
      ganesha=$!
      for _ in $(seq 200); do showmount --no-headers -e 127.0.0.1 && break; sleep 0.05; done
      echo "$ganesha" >&4
      ;;
    kill)
      kill -KILL "$ganesha"
      wait "$ganesha"
      echo 0 >&4
      ;;
  esac
done
kill -KILL "$ganesha"
kill "$statd" "$rpcbind"
wait
