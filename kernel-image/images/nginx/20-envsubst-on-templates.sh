#!/bin/sh
# /etc/nginx/templates/NAME.template becomes /etc/nginx/conf.d/NAME, with the
# environment's variables filled in (and no others: nginx has its own $…).
set -e

from=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
to=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}

[ -d "$from" ] || exit 0
names=$(env | sed -n "s/^\([A-Za-z_][A-Za-z0-9_]*${NGINX_ENVSUBST_FILTER:-}\)=.*/\${\1}/p" | tr '\n' ' ')
find "$from" -follow -type f -name "*$suffix" | while read -r template; do
	relative=${template#"$from/"}
	output=$to/${relative%"$suffix"}
	mkdir -p "$(dirname "$output")"
	echo "$0: Running envsubst on $template to $output"
	envsubst "$names" <"$template" >"$output"
done
