#!/bin/bash
# The guest's own file system, in which the shell and the docker stub live: the
# programs of from-source.sh, files of Debian packages (packages.txt), overlay/.
#   public/guest/rootfs.tar.gz      everything but nft
#   public/guest/rootfs-nft.tar.gz  nft; an overlay lower directory above it
# Both are plain OCI-style layers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../build/lib.sh"

work=$CACHE/rootfs root=$CACHE/rootfs/rootfs
apt_update
"$here/from-source.sh"
rm -rf "$work/rootfs" "$work/nft"
mkdir -p "$root" "$work/nft" "$work/debs" "$OUT"

# pick LAYER: copy what packages.txt lists for it.
pick() {
	local layer=$1 package paths path to version deb packages=()
	while read -r package paths; do
		packages+=("$package")
		version=$(deb_version "$package")
		deb=$work/debs/${package}_$version
		if [ ! -d "$deb" ]; then
			rm -rf "$work/debs/$package"_*
			deb_download "$work/debs" "$package"
			dpkg-deb -x "$work/debs/$package"_*.deb "$deb"
			rm "$work/debs/$package"_*.deb
		fi
		for path in $paths; do
			[ -e "$deb/$path" ] || [ -L "$deb/$path" ] || die "$package $version has no $path"
			# Merged /usr: bin/x and usr/bin/x are one place.
			case $path in bin/* | sbin/* | lib/*) to=usr/$path ;; *) to=$path ;; esac
			mkdir -p "$work/$layer/$(dirname "$to")"
			cp -a "$deb/$path" "$work/$layer/$(dirname "$to")/"
		done
	done < <(sed -n "s/^$layer  *//p" "$here/packages.txt")
	record_packages "$layer-packages" "${packages[@]}"
}

# pack LAYER FILE: sorted, one date, root's, so the same files give the same bytes.
pack() {
	find "$work/$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	(
		cd "$work/$1"
		tar --create --format=ustar --sort=name --numeric-owner --owner=0 --group=0 --file=- -- *
	) | gzip -9n >"$OUT/$2"
	ls -l "$OUT/$2" >&2
}

say "rootfs: layout"
mkdir -p "$root"/{dev,etc,home/captain,media,mnt,opt,proc,root/workspace,run,srv,sys,tmp,usr,var} \
	"$root"/usr/{bin,sbin,lib,local/bin,local/sbin,share/nano} "$root"/var/{cache,lib/docker,log,mail,tmp}
for d in bin sbin lib; do ln -s usr/$d "$root/$d"; done
ln -s /run "$root/var/run"
ln -s /run/lock "$root/var/lock"
ln -s /proc/self/mounts "$root/etc/mtab"
ln -s ../usr/lib/os-release "$root/etc/os-release"
chmod 1777 "$root/tmp" "$root/var/tmp"
chmod 700 "$root/root"

say "rootfs: programs"
pick rootfs
t=$CACHE/rootfs-tools
install -m 755 "$t"/iproute2/{ip,bridge,tc} "$t/procps/sysctl" "$t/tini/docker-init" "$root/usr/sbin/"
install -m 755 "$t"/bash/bash "$t"/busybox/busybox "$t"/iproute2/ss "$t"/curl/curl "$t"/less/less "$t"/nano/nano "$t"/jq/jq \
	"$t"/procps/{free,pgrep,top,vmstat,watch} "$t"/util-linux/{findmnt,lsns,mount,nsenter,unshare} "$root/usr/bin/"
install -m 755 "$t/procps/pscommand" "$root/usr/bin/ps"
ln -s pgrep "$root/usr/bin/pkill"
install -m 644 "$t"/nano/syntax/{default,sh,json,yaml,python,c,html,javascript}.nanorc "$root/usr/share/nano/"

# busybox fills in what has no tool of its own.
while read -r path; do
	name=${path##*/}
	case $name in busybox | linuxrc) continue ;; esac
	if [ -e "$root/usr/bin/$name" ] || [ -e "$root/usr/sbin/$name" ]; then continue; fi
	case $path in
		*sbin/*) ln -s ../bin/busybox "$root/usr/sbin/$name" ;;
		*) ln -s busybox "$root/usr/bin/$name" ;;
	esac
done <"$t/busybox/applets"

# One CA bundle, as update-ca-certificates would write it.
mkdir -p "$root/etc/ssl/certs"
find "$root/usr/share/ca-certificates" -name '*.crt' | sort | xargs cat >"$root/etc/ssl/certs/ca-certificates.crt"
rm -r "$root/usr/share/ca-certificates"

cp -a "$here/overlay/." "$root/"
cp "$root/root/.bashrc" "$root/root/.profile" "$root/home/captain/"

stub=$IMAGE/agent/build/docker
if [ -x "$stub" ]; then
	install -m 755 "$stub" "$root/usr/bin/docker"
else
	say "rootfs: WARNING: no $stub, so no docker command in the root"
fi
chmod -R u=rwX,go=rX "$root"/{etc,usr}
chmod 640 "$root/etc/shadow"

# Nothing in this layer may need a library: that is what makes it small and fast.
find "$root" -type f -perm -u+x -print0 | while IFS= read -r -d '' file; do
	! readelf -l "$file" 2>/dev/null | grep -q INTERP || die "$file is not static"
done
pack rootfs rootfs.tar.gz

say "rootfs: nft"
pick nft
find "$work/nft" -type f -name '*.so*' -exec strip --strip-unneeded {} +
# Without a cache ld.so of this age tries a dozen directories per library.
# The links stand for the root's merged /usr while ldconfig looks at the layer.
mkdir -p "$work/nft/etc"
ln -s usr/lib "$work/nft/lib"
in_toolchain /sbin/ldconfig -X -r "/src/.cache/rootfs/nft" /lib/i386-linux-gnu 2>/dev/null || true
rm -rf "$work/nft/lib" "$work/nft/var"
chmod -R u=rwX,go=rX "$work/nft"
pack nft rootfs-nft.tar.gz
