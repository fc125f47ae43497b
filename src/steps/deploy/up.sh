compose_config
services=$(docker compose config --services </dev/null)
if as_wanted "$services"; then
    echo "all containers are as they should be"
    exit 0
fi
rc=0
docker compose up -d </dev/null || rc=$?
bunker_changed
[ "$rc" = 0 ] || bunker_fail "docker compose up ended with exit code $rc: some containers may run already" "see the output above; when it is mended, deploy again: it goes on from here"
wanted_sum >"$state/made.new"
mv -f -- "$state/made.new" "$state/made"
docker compose ps -a </dev/null || :
