#!/bin/bash
# Debian's crun, static, for comparing the agent's own runtime with it: ends up
# in .cache/crun/crun and in no artifact.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

work=$CACHE/crun
apt_update
"$IMAGE/build/toolchain.sh"
rm -rf "$work" && mkdir -p "$work"
(cd "$work" && apt_private get source --download-only --only-source crun >&2)
in_toolchain sh -euc '
	cd /src/.cache/crun
	dpkg-source --no-check -x *.dsc tree >/dev/null
	cd tree
	./configure --quiet --disable-systemd --disable-criu --enable-embedded-yajl --disable-shared \
		CFLAGS="-Os -ffunction-sections -fdata-sections -I$PWD/libocispec/yajl/src/headers" LDFLAGS=-static
	make -s -j2 -C libocispec/yajl
	make -s -j2 -C libocispec libocispec.la
	make -s git-version.h
	make -s -j2 LDFLAGS="-all-static -s -Wl,--gc-sections" crun
	strip -o ../crun crun
' >"$work.log" 2>&1 || die "crun did not build; log: $work.log"
rm -rf "$work/tree"
ls -l "$work/crun" >&2
