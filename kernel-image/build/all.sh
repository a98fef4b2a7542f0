#!/bin/bash
# Builds everything of public/guest/ that is committed, in order, and writes the
# manifest. Each step is its own script and does only what is out of date.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# A new state of the Debian archive is taken only when asked for.
[ "${1:-}" != --update ] || rm -f "$CACHE"/apt-*/ready

"$here/toolchain.sh"
in_toolchain make -C /src/kernel-image/agent
"$IMAGE/kernel/build.sh"
"$here/firmware.sh"
"$IMAGE/rootfs/build.sh"
"$here/initramfs.sh"
node "$here/manifest.mjs"
node "$here/manifest.mjs" --check
