# Shared by every script in kernel-image/: where things live, and a private apt
# that sees Debian bookworm for i386 without touching the machine's own apt.
# Source it; it runs nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
IMAGE=$ROOT/kernel-image
CACHE=$ROOT/.cache
OUT=$ROOT/public/guest
SUITE=bookworm

# One fixed date for every file and every build stamp, so the same inputs give
# the same bytes (reproducible-builds.org). Change it only with the recipe.
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01T00:00:00Z
export LC_ALL=C TZ=UTC
umask 022

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

need() { # need TOOL PACKAGE: a host tool, or the package that has it
	command -v "$1" >/dev/null || die "$1 is missing; apt-get install $2"
}

# The Debian sources to use, as sources.list lines: DRYDOCK_MIRROR (a base such
# as http://HOST/debian, security taken from BASE-security) or the machine's own.
apt_sources() {
	local signed=/usr/share/keyrings/debian-archive-keyring.gpg options=
	[ ! -e $signed ] || options="signed-by=$signed"
	{
		if [ -n "${DRYDOCK_MIRROR:-}" ]; then
			local security=${DRYDOCK_SECURITY_MIRROR:-${DRYDOCK_MIRROR%/}-security}
			printf '%s\n' "$DRYDOCK_MIRROR $SUITE main" "$DRYDOCK_MIRROR $SUITE-updates main" \
				"$security $SUITE-security main"
		else
			apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
				'Created-By: Packages' 'Origin: Debian' | grep -E " $SUITE[a-z-]* main\$" | sort -u
		fi
	} | while read -r line; do
		printf 'deb [%s] %s\ndeb-src [%s] %s\n' "$options" "$line" "$options" "$line"
	done
}

# apt-get and apt-cache with lists and caches of their own, for i386 unless
# DEB_ARCH says otherwise (the kernel source is taken from the amd64 lists).
apt_private() { # apt_private get|cache ARGS…
	local tool=apt-$1 arch=${DEB_ARCH:-i386}
	local dir=$CACHE/apt-$arch
	shift
	"$tool" -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$dir/state" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache" \
		-o APT::Sandbox::User=root "$@"
}

# Lists are fetched once and then kept: one build sees one state of the archive.
apt_update() { # apt_update [--force]
	local dir=$CACHE/apt-${DEB_ARCH:-i386}
	if [ -e "$dir/ready" ] && [ "${1:-}" != --force ]; then return; fi
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	apt_sources >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || die "no Debian $SUITE in the machine's apt sources; set DRYDOCK_MIRROR"
	if ! apt_private get update >"$dir/update.log" 2>&1; then
		# Mirrors often lag in security lists of a minor architecture.
		say "apt: no usable security list for ${DEB_ARCH:-i386}, going on without (see $dir/update.log)"
		sed -i '/-security/d' "$dir/sources.list"
		apt_private get update >"$dir/update.log" 2>&1 || die "apt-get update failed: see $dir/update.log"
	fi
	touch "$dir/ready"
}

# The version of a binary package apt would fetch now, and of its source.
deb_version() { deb_field "$1" Version; }
deb_field() { apt_private cache show --no-all-versions "$1" | sed -n "s/^$2: //p" | head -1; }
source_name() { local s; s=$(deb_field "$1" Source); s=${s%% *}; echo "${s:-$1}"; }
source_version() { # Source: may carry its own version in brackets
	local s
	s=$(deb_field "$1" Source)
	case $s in *\(*) s=${s#*\(}; echo "${s%)}" ;; *) deb_version "$1" ;; esac
}

# Download binary packages into a directory; prints nothing, keeps what is there.
deb_download() { # deb_download DIR PACKAGE…
	local dir=$1
	shift
	mkdir -p "$dir"
	(cd "$dir" && apt_private get download "$@" >&2)
}

# Notes for the manifest which packages a step used: .cache/used/STEP.
record_packages() { # record_packages STEP PACKAGE…
	local step=$1 package
	shift
	mkdir -p "$CACHE/used"
	for package; do
		echo "binary $package $(deb_version "$package")"
		echo "source $(source_name "$package") $(source_version "$package")"
	done | sort -u >"$CACHE/used/$step"
}

in_toolchain() { "$IMAGE/build/in-toolchain.sh" "$@"; }
