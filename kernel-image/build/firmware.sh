#!/bin/bash
# SeaBIOS, for a cold boot: v86 ships no firmware. Taken as built by Debian.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

apt_update
work=$CACHE/firmware
rm -rf "$work"
deb_download "$work" seabios
dpkg-deb -x "$work"/seabios_*.deb "$work"
mkdir -p "$OUT"
# bios.bin is the 128 KB build; the 256 KB one adds only devices v86 lacks.
install -m 644 "$work/usr/share/seabios/bios.bin" "$OUT/bios.bin"
install -m 644 "$work/usr/share/seabios/vgabios-stdvga.bin" "$OUT/vgabios.bin"
record_packages firmware seabios
