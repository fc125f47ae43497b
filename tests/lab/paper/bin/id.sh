#!/bin/sh
# A stand-in for id on a paper host: nobody is root there, whoever runs the lab.
real=/usr/bin/id; [ -x "$real" ] || real=/bin/id
case "$*" in
-u | -ru) n=$("$real" "$@"); [ "$n" = 0 ] && n=1000; echo "$n" ;;
*) exec "$real" "$@" ;;
esac
