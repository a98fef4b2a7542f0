#!/bin/bash
# in-toolchain.sh CMD…: runs CMD in the i386 toolchain with the project at /src,
# in the matching directory when called from inside the project.
# Mounts live in a private mount namespace and vanish with the command.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

root=$CACHE/toolchain
[ -e "$root/.stamp" ] || die "no toolchain; run kernel-image/build/toolchain.sh"
[ $# -gt 0 ] || die "usage: in-toolchain.sh CMD…"

case $PWD/ in
	"$ROOT"/*) cwd=/src${PWD#"$ROOT"} ;;
	*) cwd=/src ;;
esac
userns=()
[ "$(id -u)" = 0 ] || userns=(--map-root-user)

exec unshare --mount --fork "${userns[@]}" bash -euc '
	mount --rbind "$2" "$1/src"
	mount --rbind /dev "$1/dev"
	mount -t proc proc "$1/proc" 2>/dev/null || mount --rbind /proc "$1/proc"
	mount -t tmpfs tmpfs "$1/tmp"
	root=$1 cwd=$3
	shift 3
	exec setarch i686 chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		LC_ALL=C TZ=UTC TERM="${TERM:-dumb}" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" \
		sh -euc "cd \"\$0\" && exec \"\$@\"" "$cwd" "$@"
' bash "$root" "$ROOT" "$cwd" "$@"
