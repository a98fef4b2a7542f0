#!/bin/bash
# Makes the i386 Debian root that compiles everything that runs in the guest.
# It runs natively on an amd64 machine: no cross compiler, no emulation.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

PACKAGES=(
	gcc make libc6-dev linux-libc-dev musl-tools patch pkg-config xz-utils file ca-certificates
	flex bison bc lz4 kmod cpio                                      # kernel
	dpkg-dev autoconf automake autopoint libtool gettext             # Debian sources
	libmnl-dev libnftnl-dev libncurses-dev libmbedtls-dev zlib1g-dev # guest root
	python3 gperf libseccomp-dev libcap-dev                          # crun, see crun.sh
)

dir=$CACHE/toolchain

# The compilers end up in the artifacts (start files, libc.a): note their versions.
note_versions() {
	mkdir -p "$CACHE/used"
	in_toolchain dpkg-query -W -f 'toolchain ${binary:Package} ${Version}\n' \
		gcc-12 binutils libc6-dev musl-dev linux-libc-dev make bison flex lz4 | sed 's/:i386//' >"$CACHE/used/toolchain"
}
stamp=$(printf '%s\n' "${PACKAGES[@]}" | sha256sum | cut -c1-16)
[ "$(cat "$dir/.stamp" 2>/dev/null)" != "$stamp" ] || { note_versions; exit 0; }

need mmdebstrap mmdebstrap
need arch-test arch-test
apt_update
say "toolchain: Debian $SUITE i386 with ${#PACKAGES[@]} packages"
rm -rf "$dir"
mkdir -p "$CACHE"
# Manuals and translations are what a compiler never reads.
mmdebstrap --quiet --architectures=i386 --variant=minbase --skip=check/empty \
	--include="$(IFS=,; echo "${PACKAGES[*]}")" \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	"$SUITE" "$dir" "$CACHE/apt-i386/sources.list"
mkdir -p "$dir/src"
echo "$stamp" >"$dir/.stamp"
note_versions
