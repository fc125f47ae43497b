#!/bin/sh
# A stand-in for crontab on a paper host: one table, in the host's folder, that nothing runs.
table=$BUNKER_LAB_HOST/crontab
case "$*" in
-l) [ -e "$table" ] || { echo "no crontab for ${USER:-nobody}" >&2; exit 1; }; cat "$table" ;;
-) cat >"$table.new" && mv "$table.new" "$table" ;;
-r) rm -f "$table" ;;
*) echo "crontab stand-in: cannot do: crontab $*" >&2; exit 64 ;;
esac
