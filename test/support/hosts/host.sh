#!/bin/sh
# host.sh NAME UID GID [folder PATH | file PATH | bind FROM=TO | tmpfs SIZE=PATH]… -- COMMAND…
# In mount, process and UTS namespaces that are new: a host of this name, where these folders are empty and these files are not there,
# becomes COMMAND as this user.
set -eu
name=$1 uid=$2 gid=$3
shift 3
hostname "$name"
mount -t proc proc /proc
while [ "$1" != -- ]; do
  case $1 in
    folder) mount -t tmpfs -o mode=1777 tmpfs "$2" ;;
    file) mount --bind /dev/null "$2" ;;
    bind) mkdir -p "${2#*=}" && mount --bind "${2%%=*}" "${2#*=}" ;;
    tmpfs) mkdir -p "${2#*=}" && mount -t tmpfs -o "mode=1777,size=${2%%=*}" tmpfs "${2#*=}" ;;
    *) echo "host.sh: what is $1?" >&2 && exit 2 ;;
  esac
  shift 2
done
shift
cd /mnt/work
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups "$@"
