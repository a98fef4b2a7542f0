#!/bin/bash
# Packs the agent as /init -> public/guest/initramfs.cpio.gz. Nothing else is in
# it but the directories and the console node PID 1 needs before it mounts /dev.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

agent=${AGENT:-$IMAGE/agent/build/agent}
[ -x "$agent" ] || die "no $agent; run make in kernel-image/agent first"
work=$CACHE/initramfs
mkdir -p "$work" "$OUT"

cat >"$work/list" <<END
dir /dev 755 0 0
dir /proc 755 0 0
dir /sys 755 0 0
dir /run 755 0 0
dir /newroot 755 0 0
nod /dev/console 600 0 0 c 5 1
nod /dev/null 666 0 0 c 1 3
file /init $agent 755 0 0
END
# gen_init_cpio comes with the kernel source; it writes the archive from the
# list, so neither file owners nor device nodes on this machine matter.
source=$(echo "$CACHE"/kernel/linux-source-*/usr/gen_init_cpio.c)
[ -e "$source" ] || die "no kernel source; run kernel-image/kernel/build.sh first"
cc -O2 -o "$work/gen_init_cpio" "$source"
"$work/gen_init_cpio" -t "$SOURCE_DATE_EPOCH" "$work/list" | gzip -9n >"$OUT/initramfs.cpio.gz"
ls -l "$OUT/initramfs.cpio.gz" >&2
