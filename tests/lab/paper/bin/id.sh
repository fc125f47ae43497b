#!/bin/sh
# A stand-in for id on a paper host: nobody is root there, whoever runs the lab.
real=/usr/bin/id; [ -x "$real" ] || real=/bin/id
case "$*" in
# Without a process of its own: each look at a host asks this.
-u | -ru)
    n=1000
    while read -r name real_id effective _; do
        case $name$1 in Uid:-u) n=$effective ;; Uid:-ru) n=$real_id ;; esac
    done </proc/self/status
    [ "$n" = 0 ] && n=1000
    echo "$n" ;;
*) exec "$real" "$@" ;;
esac
