#!/bin/bash
# Builds the guest's kernel: Debian's kernel source, allnoconfig plus
# drydock.config, i686, no modules -> public/guest/bzImage.
# The tree stays in .cache/kernel, so a second run compiles only what changed.
set -euo pipefail
. "$(dirname "$0")/../build/lib.sh"

SERIES=6.12
config=$IMAGE/kernel/drydock.config
work=$CACHE/kernel
tree=$work/linux-source-$SERIES

need xz xz-utils
# linux-source is the same for every architecture; the amd64 lists have it.
export DEB_ARCH=amd64
apt_update
version=$(deb_version linux-source-$SERIES)
stamp="$version $(sha256sum <"$IMAGE/kernel/cpuset-up.c")"
if [ "$(cat "$work/stamp" 2>/dev/null)" != "$stamp" ]; then
	say "kernel: Debian source linux $version"
	rm -rf "$work"
	deb_download "$work" linux-source-$SERIES
	dpkg-deb --fsys-tarfile "$work"/linux-source-*.deb |
		tar -xO "./usr/src/linux-source-$SERIES.tar.xz" | xz -dc | tar -x -C "$work"
	rm "$work"/linux-source-*.deb
	# cpusets (docker run --cpuset-cpus) without SMP: see cpuset-up.c.
	sed -i '/^config CPUSETS$/,/^config /{/depends on SMP/d}' "$tree/init/Kconfig"
	cat "$IMAGE/kernel/cpuset-up.c" >>"$tree/kernel/cgroup/cpuset.c"
	echo "$stamp" >"$work/stamp"
fi

# Compiled in the toolchain, not by the machine's own gcc: same compiler, same
# bytes. Nothing of this machine may end up in the image: date, user, host.
build=$work/build${VARIANT:+-$VARIANT}
mkdir -p "$build"
kmake() {
	in_toolchain env \
		KBUILD_BUILD_TIMESTAMP="$(date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %e %T UTC %Y')" \
		KBUILD_BUILD_USER=drydock KBUILD_BUILD_HOST=drydock KBUILD_BUILD_VERSION=1 \
		make -C "/src/${tree#"$ROOT"/}" ARCH=i386 O="/src/${build#"$ROOT"/}" "$@"
}

# EXTRA_CONFIG (a file) is for trying an option without touching the recipe.
cat "$config" ${EXTRA_CONFIG:-} >"$work/allconfig"
kmake -s KCONFIG_ALLCONFIG="/src/${work#"$ROOT"/}/allconfig" allnoconfig

# Kconfig drops silently what its dependencies do not allow.
lost=0
while IFS='=' read -r name value; do
	have=$(sed -n "s/^$name=//p" "$build/.config")
	if [ "${have:-n}" != "$value" ]; then
		echo "$name: wanted $value, Kconfig made it ${have:-n}" >&2
		lost=1
	fi
done < <(grep '^CONFIG_' "$work/allconfig" | tac | awk -F= '!seen[$1]++')
[ $lost = 0 ] || die "the kernel configuration did not come out as written"

say "kernel: $(grep -c '=y' "$build/.config") options, compiling"
kmake -s -j"$(nproc)" bzImage

mkdir -p "$OUT"
if [ -z "${VARIANT:-}" ]; then
	install -m 644 "$build/arch/x86/boot/bzImage" "$OUT/bzImage"
	mkdir -p "$CACHE/used"
	echo "source linux $version" >"$CACHE/used/kernel"
	ls -l "$OUT/bzImage" >&2
fi
