#!/bin/sh
# Prints the commit that a .git folder has checked out.
set -eu
head=$(cat "$1/HEAD")
case $head in
    "ref: "*) ref=${head#ref: } ;;
    *) echo "$head"; exit 0 ;;
esac
if [ -f "$1/$ref" ]; then
    cat "$1/$ref"
else
    sed -n "s|^\([0-9a-f]\{40\}\) $ref\$|\1|p" "$1/packed-refs" | grep .
fi
