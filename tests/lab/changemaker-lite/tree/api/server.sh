#!/bin/sh
# The API: one process of answer.sh per request.
set -u
cd /app
behaviour=$(cat release/behaviour)
version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' package.json)
say() { echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $*"; }
child=
trap '[ -z "$child" ] || kill "$child"; say "info: stopped"; exit 0' TERM INT
say "info: changemaker-api $version ($(cat commit)) starting"
case $behaviour in
    slow)
        say "info: warming the geocoding cache"
        sleep 20 & child=$!
        wait "$child" ;;
    unhealthy)
        say "error: mail: connect ECONNREFUSED 127.0.0.1:1025"
        say "error: health: the mail queue does not answer; reporting 503" ;;
esac
nc -ll -p 4000 -e /app/api/answer.sh & child=$!
say "info: listening on :4000"
wait "$child"
