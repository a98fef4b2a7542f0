#!/bin/sh
# Runs what /docker-entrypoint.d holds, then the command. As in the official
# image: *.envsh is sourced, executable *.sh is run, and both only when the
# command is nginx.
set -e

say() {
	[ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"
}

case "$1" in
nginx | nginx-debug)
	if find /docker-entrypoint.d/ -mindepth 1 -maxdepth 1 -type f | read -r _; then
		say "/docker-entrypoint.d/ is not empty, will attempt to perform configuration"
		for script in /docker-entrypoint.d/*; do
			case "$script" in
			*.envsh)
				say "Sourcing $script"
				. "$script"
				;;
			*.sh)
				if [ -x "$script" ]; then
					say "Launching $script"
					"$script"
				else
					say "Ignoring $script, not executable"
				fi
				;;
			*) say "Ignoring $script" ;;
			esac
		done
		say "Configuration complete; ready for start up"
	else
		say "No files found in /docker-entrypoint.d/, skipping configuration"
	fi
	;;
esac

exec "$@"
