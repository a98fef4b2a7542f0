#!/bin/bash
# Builds the guest root's programs from Debian's source packages, static, with
# musl: started in the emulator such a program is up in 2-4 ms where Debian's
# own takes 10-30 ms (dynamic linking), and libc, systemd, selinux, elf, gnutls
# … stay out of the image. Result: .cache/rootfs-tools/PACKAGE/.
set -euo pipefail
. "$(dirname "$0")/../build/lib.sh"

tools=$CACHE/rootfs-tools
flags='-Os -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-stack-protector -ffunction-sections -fdata-sections'

# make_tool SOURCE SCRIPT FILE…: unpack Debian's source package, run SCRIPT in
# the toolchain inside it, keep FILEs stripped. Skipped when nothing changed.
# Libraries install themselves into $S, the sysroot of the next ones.
make_tool() {
	local name=$1 script=$2 version stamp dir=$tools/$1
	shift 2
	version=$(apt_private cache showsrc --only-source "$name" | sed -n 's/^Version: //p' | sort -V | tail -1)
	stamp=$(sha256sum <<<"$version $flags $script $*" | cut -c1-16)
	echo "source $name $version" >>"$CACHE/used/rootfs-tools.new"
	[ "$(cat "$dir/.stamp" 2>/dev/null)" != "$stamp" ] || return 0

	say "rootfs: building $name $version"
	rm -rf "$dir" && mkdir -p "$dir/work"
	(cd "$dir/work" && apt_private get source --download-only --only-source "$name=$version" >/dev/null)
	# The script reads CC, CFLAGS, S and J; assertions must not carry the path.
	in_toolchain env CFLAGS="$flags -ffile-prefix-map=/src/.cache/rootfs-tools=." LDFLAGS='-s -Wl,--gc-sections' \
		S=/src/.cache/rootfs-tools/sysroot CC=/src/.cache/rootfs-tools/sysroot/bin/cc J="-j$(nproc)" \
		sh -euc '
		cd "/src/$1/work"
		dpkg-source --no-check -x *.dsc tree >/dev/null 2>&1
		cd tree
		(set -e; eval "$2") >../log 2>&1 || { tail -40 ../log; exit 1; }
		shift 2
		for file; do strip --strip-all -o "../../${file##*/}" "$file"; done
	' sh "${dir#"$ROOT"/}" "$script" "$@" >&2 || die "$name did not build; log: $dir/work/log"
	rm -rf "$dir/work"
	echo "$stamp" >"$dir/.stamp"
}

# musl-gcc finds musl's headers and libraries only. Add the kernel's headers and
# what was built here, not /usr/include: glibc's headers would mislead configure.
if [ ! -e "$tools/sysroot/bin/cc" ]; then
	mkdir -p "$tools"/sysroot/{bin,include,lib,kernel}
	for d in linux asm-generic mtd; do ln -sfn /usr/include/$d "$tools/sysroot/kernel/$d"; done
	ln -sfn /usr/include/i386-linux-gnu/asm "$tools/sysroot/kernel/asm"
	cat >"$tools/sysroot/bin/cc" <<-'END'
		#!/bin/sh
		S=/src/.cache/rootfs-tools/sysroot
		exec musl-gcc -static -idirafter $S/include -idirafter $S/kernel "$@" -L$S/lib
	END
	chmod +x "$tools/sysroot/bin/cc"
fi

apt_update
mkdir -p "$CACHE/used"
: >"$CACHE/used/rootfs-tools.new"

# The terminals people come with are compiled in: no terminfo files to look up.
make_tool ncurses '
	./configure --quiet --prefix=/usr --without-shared --without-debug --without-ada --without-cxx --without-cxx-binding \
		--without-manpages --without-progs --without-tests --enable-widec --disable-db-install --disable-home-terminfo \
		--with-default-terminfo-dir=/usr/share/terminfo --with-terminfo-dirs=/usr/share/terminfo \
		--with-fallbacks=xterm-256color,xterm,linux,screen,screen-256color,tmux-256color,vt100,ansi,dumb
	make $J -s libs
	cp lib/libncursesw.a $S/lib/
	for l in ncurses tinfo tinfow curses termcap; do ln -sf libncursesw.a $S/lib/lib$l.a; done
	for h in curses ncurses_dll term termcap unctrl; do cp include/$h.h $S/include/; done
	ln -sf curses.h $S/include/ncurses.h && ln -sfn . $S/include/ncursesw
'

make_tool bash '
	export CC_FOR_BUILD=gcc
	# Its own strtoimax collides with musl'"'"'s in a static link.
	LDFLAGS="$LDFLAGS -Wl,-z,muldefs"
	./configure --quiet --without-bash-malloc --disable-nls --enable-static-link --with-curses \
		bash_cv_termcap_lib=libncursesw bash_cv_getcwd_malloc=yes
	make $J -s
' bash

# Debian's static configuration, plus what a container host lacks without it,
# minus what needs hardware, modules or glibc, or would shadow a real tool.
make_tool busybox '
	cp debian/config/pkg/static .config
	on="FEATURE_WGET_TIMEOUT BASE32 BLKID CHATTR CHRT CKSUM COMM FLOCK FUSER HD INOTIFYD INSTALL IOSTAT LSATTR LSOF LSPCI MKTEMP MOUNTPOINT
		MPSTAT NICE NOHUP PMAP PSTREE RESIZE SCRIPT SETFATTR SHA384SUM SPLIT SUM TSORT TTYSIZE"
	off="FEATURE_INETD_RPC FEATURE_MOUNT_NFS FEATURE_VI_REGEX_SEARCH EXTRA_COMPAT SELINUX PAM DPKG DPKG_DEB RPM RPM2CPIO
		ACPID CHVT DEALLOCVT DEPMOD DUMPKMAP FATATTR HWCLOCK I2CDETECT I2CDUMP I2CGET I2CSET I2CTRANSFER INIT INSMOD
		KLOGD LESS LOADFONT LOADKMAP LSMOD LSSCSI MIM MODINFO MODPROBE MT NANDDUMP NANDWRITE NSENTER OPENVT RMMOD RUN_INIT
		SETKEYCODES SVC SVOK TC UBIRENAME UNSHARE UDHCPD CTTYHACK RESUME NUKE PS TOP FREE WATCH BB_SYSCTL PGREP PKILL IP"
	for o in $on; do sed -i "/CONFIG_$o[= ]/d" .config; echo "CONFIG_$o=y" >>.config; done
	for o in $off; do sed -i "/CONFIG_$o[= ]/d" .config; echo "# CONFIG_$o is not set" >>.config; done
	yes "" | make CC="$CC" HOSTCC=gcc oldconfig
	make $J -s CC="$CC" HOSTCC=gcc EXTRA_CFLAGS="$CFLAGS" SKIP_STRIP=y
	./busybox --list-full >../../applets
' busybox

make_tool iproute2 '
	PKG_CONFIG_LIBDIR=/nonexistent ./configure --color=auto
	sed -i "/HAVE_\(SETNS\|RPC\|CAP\|ELF\|BPF\|SELINUX\|BERKELEY\)/d" config.mk
	echo "CFLAGS += -DHAVE_SETNS -DHAVE_HANDLE_AT" >>config.mk
	make $J V=0 SHARED_LIBS=n CC="$CC" CCOPTS="$CFLAGS -D_GNU_SOURCE" LDFLAGS="$LDFLAGS" SUBDIRS="lib ip bridge misc tc" HOSTCC=gcc
' ip/ip bridge/bridge misc/ss tc/tc

make_tool procps '
	echo 4.0.2 >.tarball-version
	autoreconf -fi
	./configure --quiet --disable-shared --enable-static --without-systemd --disable-nls --disable-modern-top --disable-kill --disable-pidwait \
		NCURSES_CFLAGS=-I$S/include NCURSES_LIBS=-lncursesw ac_cv_func_malloc_0_nonnull=yes ac_cv_func_realloc_0_nonnull=yes
	make $J -s -C local
	make $J -s src/ps/pscommand src/top/top src/free src/vmstat src/pgrep src/sysctl src/watch
' src/ps/pscommand src/top/top src/free src/vmstat src/pgrep src/sysctl src/watch

make_tool util-linux '
	./configure --quiet --disable-shared --enable-static --disable-nls --disable-asciidoc --without-selinux --without-systemd \
		--without-udev --without-econf --without-btrfs --without-python --without-cap-ng --without-readline \
		--without-cryptsetup --without-ncurses --without-ncursesw --without-tinfo --disable-makeinstall-chown \
		--disable-libmount-mountfd-support --disable-login --disable-su --disable-runuser --disable-chfn-chsh
	make $J -s mount findmnt unshare nsenter lsns
' mount findmnt unshare nsenter lsns

make_tool mbedtls '
	make $J -s -C library CC="$CC" CFLAGS="$CFLAGS" static
	cp library/*.a $S/lib/ && cp -r include/mbedtls include/psa $S/include/
'

make_tool zlib '
	./configure --static && make $J -s libz.a
	cp libz.a $S/lib/ && cp zlib.h zconf.h $S/include/
'

make_tool curl '
	./configure --quiet --disable-shared --enable-static --with-mbedtls=$S --with-zlib=$S \
		--with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --without-ca-path \
		--without-libpsl --without-brotli --without-zstd --without-nghttp2 --without-libidn2 --without-librtmp --without-libssh2 \
		--disable-ftp --disable-file --disable-ldap --disable-rtsp --disable-dict --disable-telnet --disable-tftp \
		--disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher --disable-mqtt --disable-manual \
		--disable-ntlm --disable-tls-srp --disable-alt-svc --disable-hsts --disable-threaded-resolver --disable-ares \
		--disable-libcurl-option --disable-docs
	make $J -s -C lib && make $J -s -C src
' src/curl

make_tool less '
	./configure --quiet && make $J -s less
' less

make_tool nano '
	./configure --quiet --disable-nls --disable-libmagic --enable-utf8 NCURSESW_CFLAGS=-I$S/include NCURSESW_LIBS=-lncursesw
	make $J -s
	mkdir -p ../../syntax && cp syntax/*.nanorc ../../syntax/
' src/nano

make_tool libonig '
	[ -x configure ] || autoreconf -fi
	./configure --quiet --disable-shared --enable-static --prefix=$S
	make $J -s -C src && make -s -C src install
'

make_tool jq '
	autoreconf -fi
	./configure --quiet --disable-shared --enable-static --disable-docs --disable-maintainer-mode --with-oniguruma=$S
	make -s src/builtin.inc src/version.h
	make $J -s CPPFLAGS=-D_GNU_SOURCE jq
' jq

# The first process of `docker run --init`: bound into the container as Docker does it.
make_tool tini '
	sed "s/@tini_VERSION_MAJOR@.@tini_VERSION_MINOR@.@tini_VERSION_PATCH@/0.19.0/; s/@tini_VERSION_GIT@//" src/tiniConfig.h.in >src/tiniConfig.h
	$CC $CFLAGS -std=gnu99 $LDFLAGS -o docker-init src/tini.c
' docker-init

sort -u "$CACHE/used/rootfs-tools.new" >"$CACHE/used/rootfs-tools"
rm "$CACHE/used/rootfs-tools.new"
ls -l "$tools"/*/* >&2
