#!/bin/sh
# Serves the admin page.
trap 'kill "$child"; exit 0' TERM INT
httpd -f -p 3000 -h /srv & child=$!
echo "admin: serving on :3000"
wait "$child"
